import Index
import Threads

/// Has the generation rest while a reindex fills it, and not where it follows what is published: there it has to keep up.
struct Rests: Sendable {
    let generation: Generation
    let store: IngestionStore
    let pace: Pace

    private static let interval = Duration.seconds(3)

    /// Runs until shutdown, which waits for no rest.
    func run(_ shutdown: ShutdownSignal) async {
        while !shutdown.isTriggered {
            // Where the database cannot be asked, nothing is written either.
            if let isBeingFilled = try? await store.isBeingFilled(generation) { await pace.rest(isBeingFilled) }
            await shutdown.wait(for: Self.interval)
        }
        await pace.rest(false)
    }
}
