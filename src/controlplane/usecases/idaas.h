// Identity sources of an account and the users of the built-in directory: extensions of Kanmon.
#pragma once

#include <optional>
#include <string>

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

class Clients;

struct CreateIdaasUser {
    std::string instance;
    std::string name;
    SecretBuffer password;
};
/// Absent: unchanged.
struct ModifyIdaasUser {
    std::string id;
    std::optional<SecretBuffer> password = {};
    std::optional<bool> enabled = {};
};
struct TotpEnrolled {
    SecretBuffer uri;  // holds the secret; shown once
};

class Idaas {
public:
    Idaas(Ports& ports, Clients& clients) : ports_(ports), clients_(clients) {}

    Outcome<model::IdaasInstance> create(const Call& call, const std::string& name);
    Outcome<Page<model::IdaasInstance>> list(const Call& call, const std::string& id,
                                             const PageRequest& page);
    /// Its users go with it. DependencyViolation while an SSL server asks it;
    /// InvalidIDaaSInstanceId.NotFound (404).
    Outcome<void> remove(const Call& call, const std::string& id);

    Outcome<model::IdaasUser> create_user(const Call& call, const CreateIdaasUser& request);
    Outcome<Page<model::IdaasUser>> list_users(const Call& call, const std::string& instance,
                                               const PageRequest& page);
    /// Disabled at once means disconnected at once; so does another password.
    /// InvalidIDaaSUserId.NotFound (404).
    Outcome<model::IdaasUser> modify_user(const Call& call, const ModifyIdaasUser& request);
    Outcome<void> remove_user(const Call& call, const std::string& id);
    /// A new secret for one-time codes; one that there was is void.
    Outcome<TotpEnrolled> enrol_totp(const Call& call, const std::string& id);

    /// A client that appears although its user may not be there any more is told to go: it was let
    /// in a moment before the user was switched off.
    void watch(const bridge::ClientFact& fact);

private:
    void disconnect(const model::IdaasUser& user);

    Ports& ports_;
    Clients& clients_;
};

}  // namespace kanmon::usecases
