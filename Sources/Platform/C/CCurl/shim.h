#pragma once
#include <curl/curl.h>

// Pointers to void in some releases and to a struct in others.
typedef CURL *sluice_curl_easy;
typedef CURLM *sluice_curl_multi;

// curl_easy_setopt, curl_multi_setopt and curl_easy_getinfo are variadic, which Swift does not import: one function for each type of value.

static inline CURLcode sluice_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sluice_curl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sluice_curl_set_writer(CURL *easy, CURLoption option, curl_write_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}

static inline CURLcode sluice_curl_set_socket_opener(CURL *easy, curl_opensocket_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLMcode sluice_curl_set_multi_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline long sluice_curl_status(CURL *easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

// CURLINFO_CONTENT_LENGTH_DOWNLOAD_T (-1 where it is not known) or CURLINFO_RETRY_AFTER (0 where there is none).
static inline curl_off_t sluice_curl_number(CURL *easy, CURLINFO info) {
    curl_off_t number = 0;
    curl_easy_getinfo(easy, info, &number);
    return number;
}

// The union inside CURLMsg is of no use to Swift. NULL where nothing has ended.
static inline CURL *sluice_curl_next_ended(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

// CURL_SOCKET_BAD where the system gives none.
static inline curl_socket_t sluice_curl_open_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Where the address itself begins; it takes `addrlen` bytes, which may be more than `struct sockaddr` has.
static inline const void *sluice_curl_address(const struct curl_sockaddr *address) {
    return &address->addr;
}
