import Glibc
import Synchronization
import Testing
import Threads

@Suite struct ShutdownSignalTests {
    @Test func `the first signal asks and the second ends the process`() async {
        let exits = Atomic(0)
        let shutdown = ShutdownSignal(exitNow: { exits.store(Int($0), ordering: .relaxed) })
        #expect(!shutdown.isTriggered)
        shutdown.receive()
        #expect(shutdown.isTriggered)
        await shutdown.wait()
        #expect(exits.load(ordering: .relaxed) == 0)
        shutdown.receive(SIGINT)
        #expect(exits.load(ordering: .relaxed) == 130)
    }

    @Test func `everyone who waits is woken`() async {
        let shutdown = ShutdownSignal()
        await withTaskGroup { group in
            for _ in 0..<10 { group.addTask { await shutdown.wait() } }
            shutdown.trigger()
        }
        #expect(shutdown.isTriggered)
    }

    @Test func `a cancelled task stops waiting`() async {
        let shutdown = ShutdownSignal()
        let waiting = Task { await shutdown.wait() }
        waiting.cancel()
        await waiting.value
        #expect(!shutdown.isTriggered)
    }

    @Test func `a signal of the operating system arrives`() async {
        let shutdown = ShutdownSignal()
        shutdown.listen(for: [SIGUSR1])
        // To the process: the threads of the cooperative pool block signals, and `raise` means one's own thread.
        kill(getpid(), SIGUSR1)
        await shutdown.wait()
        #expect(shutdown.isTriggered)
    }
}
