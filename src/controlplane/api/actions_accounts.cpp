// Accounts and access keys: extensions of Kanmon. The answer of CreateAccount, saved as a file, is
// what the command line takes as --access-key-file.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

JsonObject account_created(const usecases::AccountCreated& made) {
    JsonObject answer;
    answer.text("AccountId", made.account.text)
        .text("Name", made.name)
        .text("AccessKeyId", made.access_key.text)
        .text("AccessKeySecret", as_text(made.access_key_secret.view()));
    return answer;
}

}  // namespace

ActionAnswer create_account(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateAccount wanted{.name = read.text("Name")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.accounts.create(request.call, checked);
        })
        .map(account_created);
}

ActionAnswer describe_accounts(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(read.page())
        .and_then([&](const auto& page) { return request.plane.accounts.list(request.call, page); })
        .map([](const auto& page) {
            return page_answer(page, "Accounts", "Account", [](const model::Account& account) {
                JsonObject row;
                row.text("AccountId", account.id.text)
                    .text("Name", account.name)
                    .text("Role", account.role == model::Role::root ? "root" : "owner")
                    .text("CreationTime", timestamp_text(account.created_at));
                return row;
            });
        });
}

ActionAnswer create_access_key(const ActionRequest& request) {
    return request.plane.accounts.create_access_key(request.call).map(account_created);
}

ActionAnswer describe_access_keys(const ActionRequest& request) {
    return request.plane.accounts.access_keys(request.call).map([](const auto& keys) {
        const auto fields = [](const model::AccessKey& key) {
            JsonObject row;
            row.text("AccessKeyId", key.id.text)
                .text("CreationTime", timestamp_text(key.created_at));
            return row;
        };
        JsonObject answer;
        add_nested_list(answer, "AccessKeys", "AccessKey", rows_of(keys, fields));
        return answer;
    });
}

ActionAnswer delete_access_key(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    // AccessKeyId signs an RPC call; which key is meant has a name of its own.
    return read.finish(model::AccessKeyId{read.required("UserAccessKeyId")})
        .and_then([&](const auto& id) {
            return request.plane.accounts.delete_access_key(request.call, id);
        })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
