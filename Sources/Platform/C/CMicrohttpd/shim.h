#pragma once
#include <errno.h>
#include <microhttpd.h>

// MHD_start_daemon is variadic, which Swift does not import. One internal thread polls; errno says why it returned NULL.
// 64 connections and 10 seconds: a scraper and an orchestrator's probes are a handful, and a stuck client must not starve them.
static inline struct MHD_Daemon *sluice_http_start(
    const struct sockaddr *address, int is_ipv6, MHD_AccessHandlerCallback handler, void *context
) {
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | (is_ipv6 ? MHD_USE_IPv6 : 0);
    errno = 0;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, handler, context,
        MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_CONNECTION_LIMIT, 64u,
        MHD_OPTION_CONNECTION_TIMEOUT, 10u,
        MHD_OPTION_END);
}

// MHD_get_daemon_info is variadic too. 0 where the port is not known.
static inline uint16_t sluice_http_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
