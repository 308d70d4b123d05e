// OpenSSL as TLS sees it: the default provider with a few kinds of keys instead of all.
//
// To read the public key of a certificate OpenSSL 3.0 asks every kind of key and every decoder that
// its library context knows, under a lock each: 0.08 ms of a handshake, twice that when the
// caches are cold. With what a client's certificate may hold (RSA, RSA-PSS, EC, Ed25519, Ed448) and
// nothing else it takes a third. A stranger's certificate also reaches no other decoder.
// Source: provider-base(7), provider-decoder(7). Why so: docs/decisions/0023-tls-library.md
//
// Owner: the process; made at the first call, never freed. Any thread.
#pragma once

struct ossl_lib_ctx_st;

namespace kanmon::crypto {

/// For SSL_CTX_new_ex and what belongs to it.
ossl_lib_ctx_st* tls_library();

}  // namespace kanmon::crypto
