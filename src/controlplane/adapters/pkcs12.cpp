#include "controlplane/adapters/pkcs12.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "controlplane/adapters/imported_authority.h"
#include "controlplane/adapters/pem_text.h"

namespace kanmon::adapters {

namespace {

constexpr int rounds = 100'000;

using Pkcs12 = std::unique_ptr<PKCS12, Freed<PKCS12_free>>;
struct StackFree {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), StackFree>;

Unexpected<model::Refusal> failed() {
    ERR_clear_error();
    return model::unavailable("The PKCS#12 could not be made.");
}

}  // namespace

model::Outcome<SecretBuffer> make_pkcs12(const usecases::Issued& issued,
                                         const std::string& authority_pem, const std::string& name,
                                         const SecretBuffer& password) {
    const std::vector<Certificate> own = certificates_of(issued.certificate_pem, 1);
    const Key key = key_of(issued.private_key_pem.view());
    std::vector<Certificate> above = certificates_of(authority_pem, authority_chain_max);
    const Stack authorities(sk_X509_new_null());
    if (own.empty() || !key || above.empty() || !authorities) return failed();
    for (Certificate& one : above)
        if (sk_X509_push(authorities.get(), one.get()) > 0) (void)one.release();
    std::string words = as_text(password.view());
    const Pkcs12 made(PKCS12_create(words.c_str(), name.c_str(), key.get(), own.front().get(),
                                    authorities.get(), 0, 0, rounds, rounds, 0));
    wipe(std::as_writable_bytes(std::span<char>(words)));
    const Bio bio(BIO_new(BIO_s_secmem()));
    if (!made || !bio || i2d_PKCS12_bio(bio.get(), made.get()) != 1) return failed();
    return secret_text(bio.get());
}

}  // namespace kanmon::adapters
