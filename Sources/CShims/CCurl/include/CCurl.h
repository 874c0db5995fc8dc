// libcurl's variadic calls, given fixed signatures that Swift can import.
#ifndef APUS_CCURL_H
#define APUS_CCURL_H
#include <curl/curl.h>

CURLcode apus_curl_set_long(CURL *handle, CURLoption option, long value);

#endif
