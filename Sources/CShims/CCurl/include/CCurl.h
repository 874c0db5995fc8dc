// libcurl's variadic calls, given fixed signatures that Swift can import.
#ifndef APUS_CCURL_H
#define APUS_CCURL_H
#include <curl/curl.h>

// Receives `size * count` bytes of a body or one line of a header.
typedef size_t (*apus_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

CURLcode apus_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode apus_curl_set_size(CURL *handle, CURLoption option, curl_off_t value);
// libcurl copies the text.
CURLcode apus_curl_set_text(CURL *handle, CURLoption option, const char *value);
// The caller keeps what the pointer leads to for as long as the handle lives.
CURLcode apus_curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode apus_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
CURLcode apus_curl_set_receiver(CURL *handle, CURLoption option, apus_curl_receiver receiver);
CURLcode apus_curl_response_code(CURL *handle, long *code);
// The outcome of a message of kind CURLMSG_DONE.
CURLcode apus_curl_outcome(const CURLMsg *message);

#endif
