#pragma once
#include <librdkafka/rdkafka.h>

/// rd_kafka_producev, which is variadic and so out of Swift's reach. The bytes are copied. A timestamp of 0 is now.
/// On success the library owns `headers` (may be NULL); on failure the caller still does.
static inline rd_kafka_resp_err_t sluice_kafka_produce(
    rd_kafka_t *client, const char *topic, int32_t partition,
    const void *key, size_t key_count, const void *value, size_t value_count,
    int64_t timestamp, rd_kafka_headers_t *headers, void *context) {
    if (headers == NULL) {
        return rd_kafka_producev(
            client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY((void *)key, key_count), RD_KAFKA_V_VALUE((void *)value, value_count),
            RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(context), RD_KAFKA_V_END);
    }
    return rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)key, key_count), RD_KAFKA_V_VALUE((void *)value, value_count),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(context), RD_KAFKA_V_END);
}
