// Identity sources of an account and the users of the built-in directory: extensions of Kanmon.
#pragma once

#include <optional>
#include <string>

#include "controlplane/usecases/user_sessions.h"

namespace kanmon::usecases {

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
struct IdaasUserView {
    model::IdaasUser user;
    std::size_t recovery_codes_left = 0;
};
struct TotpEnrolled {
    SecretBuffer uri;  // holds the secret; shown once
};

class Idaas {
public:
    Idaas(Ports& ports, UserSessions& sessions) : ports_(ports), sessions_(sessions) {}

    Outcome<model::IdaasInstance> create(const Call& call, const std::string& name);
    Outcome<Page<model::IdaasInstance>> list(const Call& call, const std::string& id,
                                             const PageRequest& page);
    /// Its users go with it. DependencyViolation while an SSL server asks it;
    /// InvalidIDaaSInstanceId.NotFound (404).
    Outcome<void> remove(const Call& call, const std::string& id);

    Outcome<model::IdaasUser> create_user(const Call& call, const CreateIdaasUser& request);
    Outcome<Page<IdaasUserView>> list_users(const Call& call, const std::string& instance,
                                            const PageRequest& page);
    /// Disabled at once means disconnected at once; so does another password. Where nothing is
    /// changed, nobody is sent away and tokens stay good.
    /// InvalidIDaaSUserId.NotFound (404).
    Outcome<model::IdaasUser> modify_user(const Call& call, const ModifyIdaasUser& request);
    Outcome<void> remove_user(const Call& call, const std::string& id);
    /// A new secret for one-time codes; one that there was is void, and so are recovery codes.
    Outcome<TotpEnrolled> enrol_totp(const Call& call, const std::string& id);
    /// Ten codes, each good once in place of a one-time code; those that there were are void. Shown
    /// once: a repeated call with its token is refused. IllegalParam.UserId without one-time codes.
    Outcome<std::vector<SecretBuffer>> make_recovery_codes(const Call& call, const std::string& id);

private:
    Outcome<std::string> hash_if(std::unique_lock<std::mutex>& turn, const SecretBuffer& password,
                                 const std::function<Outcome<void>(Ledger&)>& may);

    Ports& ports_;
    UserSessions& sessions_;
};

}  // namespace kanmon::usecases
