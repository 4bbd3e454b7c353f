/// What ingestion and retrieval workers measure.
package enum WorkerMetrics {
    package static let all: [any Metric] = [
        recordsConsumed, outcomes, rejections, chunksEmbedded, embeddingsReused, batchSeconds, queries, querySeconds, refusedTokens,
        failedKeyReadings, failedRerankings, consumerLag,
    ]

    package static let recordsConsumed = Counter(
        "sluice_consumed_records_total", "Records taken from Kafka.", labels: TopicAndGroup.self)
    package static let outcomes = Counter(
        "sluice_outcomes_total", "Records brought to an end, by outcome.", labels: Outcome.self)
    package static let rejections = Counter(
        "sluice_rejected_records_total", "Records rejected, by code.", labels: Code.self)
    package static let chunksEmbedded = Counter(
        "sluice_embedded_chunks_total", "Chunks whose embedding was computed.", labels: NoLabels.self)
    package static let embeddingsReused = Counter(
        "sluice_reused_embeddings_total", "Chunks whose embedding was already known.", labels: NoLabels.self)
    package static let batchSeconds = Histogram(
        "sluice_batch_seconds", "Time one batch spent in a stage.", labels: Stage.self,
        // A stage takes from a millisecond (decode) to half a minute (embedding a full batch on one core).
        bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
    package static let queries = Counter(
        "sluice_queries_total", "Queries answered, by status.", labels: Status.self)
    package static let querySeconds = Histogram(
        "sluice_query_seconds", "Time from taking a query up to its result being produced.", labels: NoLabels.self,
        // Answers are expected within tens of milliseconds; past ten seconds the asker has gone.
        bounds: [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10])
    package static let refusedTokens = Counter(
        "sluice_refused_tokens_total", "Askers' tokens that were not accepted, by reason.", labels: Reason.self)
    package static let failedKeyReadings = Counter(
        "sluice_failed_key_readings_total", "Readings of the keys of tokens that brought none.", labels: NoLabels.self)
    package static let failedRerankings = Counter(
        "sluice_failed_rerankings_total", "Answers that kept their fused order because the reranker failed, by reason.", labels: Reason.self)
    package static let consumerLag = Gauge(
        "sluice_consumer_lag_records", "Records between the position read and the end of an assigned partition.", labels: TopicAndPartition.self)

    /// A topic by its base name (`sluice.results`, not the tenant's own), so that tenants do not multiply the series, and a consumer group.
    package struct TopicAndGroup: MetricLabels {
        package static let names = ["topic", "group"]
        package let topic: String
        package let group: String
        package var values: [String] { [topic, group] }

        package init(topic: String, group: String) {
            self.topic = topic
            self.group = group
        }
    }

    package struct TopicAndPartition: MetricLabels {
        package static let names = ["topic", "partition"]
        package let topic: String
        package let partition: Int32
        package var values: [String] { [topic, String(partition)] }

        package init(topic: String, partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    /// An outcome as the contract writes it.
    package struct Outcome: MetricLabels {
        package static let names = ["outcome"]
        package let values: [String]
        package init(_ outcome: String) { values = [outcome] }
    }

    /// A rejection's code as the contract writes it.
    package struct Code: MetricLabels {
        package static let names = ["code"]
        package let values: [String]
        package init(_ code: String) { values = [code] }
    }

    /// A result's status as the contract writes it.
    package struct Status: MetricLabels {
        package static let names = ["status"]
        package let values: [String]
        package init(_ status: String) { values = [status] }
    }

    /// Why a token was refused, or a service did not do what it was asked.
    package struct Reason: MetricLabels {
        package static let names = ["reason"]
        package let values: [String]
        package init(_ reason: String) { values = [reason] }
    }

    /// Where a batch spends its time.
    package enum Stage: String, MetricLabel, CaseIterable {
        package static let name = "stage"
        case poll, decode, parse, chunk, embed, write, publish, commit
    }
}
