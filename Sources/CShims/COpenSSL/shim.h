// OpenSSL, with its macros and variadic calls given forms that Swift can import.
#ifndef APUS_COPENSSL_H
#define APUS_COPENSSL_H
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Contexts.

static inline int apus_ssl_ctx_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) == 1 && SSL_CTX_set_max_proto_version(context, most) == 1;
}

// No renegotiation, no compression, no session that is taken up again without showing the certificate again.
static inline void apus_ssl_ctx_harden(SSL_CTX *context) {
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
}

static inline void apus_ssl_ctx_set_max_cert_list(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}

static inline int apus_ssl_ctx_set_groups(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

static inline int apus_ssl_ctx_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

// Sessions.

static inline int apus_ssl_set_host_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}

static inline void apus_ssl_set_message_argument(SSL *session, void *argument) {
    SSL_set_msg_callback_arg(session, argument);
}

// Errors.

static inline int apus_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int apus_error_library(unsigned long code) { return ERR_GET_LIB(code); }

// Keys and certificates.

static inline EVP_PKEY *apus_generate_p256_key(void) { return EVP_EC_gen("P-256"); }

static inline int apus_general_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

static inline GENERAL_NAME *apus_general_names_at(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

static inline int apus_general_names_add(GENERAL_NAMES *names, GENERAL_NAME *name) {
    return sk_GENERAL_NAME_push(names, name);
}

static inline int apus_revoked_count(X509_CRL *list) {
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
    return revoked == NULL ? 0 : sk_X509_REVOKED_num(revoked);
}

static inline X509_REVOKED *apus_revoked_at(X509_CRL *list, int index) {
    return sk_X509_REVOKED_value(X509_CRL_get_REVOKED(list), index);
}

#endif
