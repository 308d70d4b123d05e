#include "dataplane/crypto/openssl_library.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {
namespace {

constexpr std::string_view decoded_structure = "structure=SubjectPublicKeyInfo";
constexpr std::array<std::string_view, 5> decoded_keys{"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};
constexpr std::array<std::string_view, 1> other_keys{"X25519"};  // of the key exchange

template <class Kinds>
bool is_one_of(const Kinds& kinds, const OSSL_ALGORITHM& algorithm) {
    const std::string_view names = algorithm.algorithm_names;  // the first is the usual one
    return std::ranges::find(kinds, names.substr(0, names.find(':'))) != kinds.end();
}

bool is_kept_key(const OSSL_ALGORITHM& keys) {
    return is_one_of(decoded_keys, keys) || is_one_of(other_keys, keys);
}

bool is_kept_decoder(const OSSL_ALGORITHM& decoder) {
    return is_one_of(decoded_keys, decoder) &&
           std::string_view(decoder.property_definition).ends_with(decoded_structure);
}

/// OpenSSL's default provider, and the tables that stand in for two of its own.
struct FewerKeys {
    OSSL_PROVIDER* whole = OSSL_PROVIDER_load(nullptr, "default");
    std::vector<OSSL_ALGORITHM> keys = chosen(OSSL_OP_KEYMGMT, is_kept_key);
    std::vector<OSSL_ALGORITHM> decoders = chosen(OSSL_OP_DECODER, is_kept_decoder);

    template <class IsKept>
    std::vector<OSSL_ALGORITHM> chosen(int operation, IsKept is_kept) const {
        require(whole != nullptr, "OpenSSL's default provider");
        int changes = 0;
        std::vector<OSSL_ALGORITHM> kept;
        const OSSL_ALGORITHM* all = OSSL_PROVIDER_query_operation(whole, operation, &changes);
        for (; all != nullptr && all->algorithm_names != nullptr; ++all)
            if (is_kept(*all)) kept.push_back(*all);
        require(!kept.empty(), "OpenSSL's keys and decoders");
        kept.push_back({});
        return kept;
    }
};

const FewerKeys& fewer_keys() {
    static const FewerKeys made;
    return made;
}

const OSSL_ALGORITHM* query(void*, int operation, int* changes) {
    *changes = 0;
    if (operation == OSSL_OP_KEYMGMT) return fewer_keys().keys.data();
    if (operation == OSSL_OP_DECODER) return fewer_keys().decoders.data();
    return OSSL_PROVIDER_query_operation(fewer_keys().whole, operation, changes);
}

int capabilities(void*, const char* capability, OSSL_CALLBACK* take, void* with) {
    return OSSL_PROVIDER_get_capabilities(fewer_keys().whole, capability, take, with);
}

template <class Function>
OSSL_DISPATCH entry(int id, Function* function) {
    return {id, reinterpret_cast<void (*)()>(function)};
}

int provide(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions,
            void** context) {
    static const std::array table{entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                  entry(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, capabilities),
                                  OSSL_DISPATCH{}};
    *functions = table.data();
    *context = OSSL_PROVIDER_get0_provider_ctx(fewer_keys().whole);  // what its functions expect
    return 1;
}

OSSL_LIB_CTX* make_library() {
    OSSL_LIB_CTX* library = OSSL_LIB_CTX_new();
    require(library != nullptr && OSSL_PROVIDER_add_builtin(library, "kanmon", provide) == 1 &&
                OSSL_PROVIDER_load(library, "kanmon") != nullptr,
            "a library context of OpenSSL");
    return library;
}

}  // namespace

OSSL_LIB_CTX* tls_library() {
    static OSSL_LIB_CTX* const library = make_library();
    return library;
}

}  // namespace kanmon::crypto
