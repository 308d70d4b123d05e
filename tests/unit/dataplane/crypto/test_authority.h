// A certificate authority for tests: makes certificates with any validity, purpose and name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/time.h"

struct evp_pkey_st;
struct x509_st;

namespace kanmon::testing {

enum class Purpose : std::uint8_t { client, server, any, none };

struct Leaf {
    std::vector<std::string> common_names{"alice"};
    Purpose purpose = Purpose::client;
    UnixTime not_before = unix_time_of(1'700'000'000);
    UnixTime not_after = unix_time_of(1'900'000'000);
    long serial = 0x0abc;
    bool authority = false;
    bool rsa = false;
    /// OpenSSL's name of another kind of key.
    std::string key_kind{};
    /// ASN.1 type of the common name; 0 lets OpenSSL take UTF8String.
    int name_type = 0;
    bool names_in_one_set = false;
};

struct Issued {
    std::string certificate_pem;
    SecretBuffer key_pem;
};

class TestAuthority {
public:
    explicit TestAuthority(const std::string& name, bool rsa = false);
    /// One that another vouches for.
    TestAuthority(const std::string& name, const TestAuthority& issuer);
    std::string certificate_pem() const;
    Issued issue(const Leaf& leaf) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> certificate_;
};

}  // namespace kanmon::testing
