// Accounts and access keys: extensions of Kanmon. The answer of CreateAccount, saved as a file, is
// what the command line takes as --access-key-file. AccessKeyId signs an RPC call and Action names
// it; which key and which action are meant have names of their own.
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

JsonObject key_fields(const usecases::AccessKeyView& view) {
    JsonObject row;
    row.text("AccessKeyId", view.key.id.text)
        .text("KeyName", view.key.name)
        .text("Role", model::key_role_text(view.key.role))
        .text("Status", view.key.enabled ? "Active" : "Inactive")
        .text("CreationTime", timestamp_text(view.key.created_at))
        .text("LastUsedTime", view.last_used ? timestamp_text(*view.last_used) : std::string());
    return row;
}

JsonObject audit_fields(const usecases::AuditRow& record) {
    JsonObject row;
    row.number("Number", record.number)
        .number("Time", milliseconds(record.at))
        .text("AccessKeyId", record.access_key)
        .text("RequestId", record.request_id)
        .text("ActionName", record.action)
        .text("ResourceId", record.subject)
        .text("Parameters", record.parameters)
        .text("Before", record.before)
        .text("After", record.after)
        .text("Link", record.link);
    return row;
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
    ParameterReader read(request.parameters);
    const usecases::CreateAccessKey wanted{.role = read.text("Role"), .name = read.text("KeyName")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.accounts.create_access_key(request.call, checked);
        })
        .map(account_created);
}

ActionAnswer describe_access_keys(const ActionRequest& request) {
    return ParameterReader(request.parameters)
        .finish(request.call)
        .and_then([&](const auto& call) { return request.plane.accounts.access_keys(call); })
        .map([](const auto& keys) {
            JsonObject answer;
            add_nested_list(answer, "AccessKeys", "AccessKey", rows_of(keys, key_fields));
            return answer;
        });
}

ActionAnswer update_access_key(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    const usecases::UpdateAccessKey wanted{.id = {read.required("UserAccessKeyId")},
                                           .status = read.required("Status")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.accounts.update_access_key(request.call, checked);
        })
        .map(key_fields);
}

ActionAnswer delete_access_key(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    return read.finish(model::AccessKeyId{read.required("UserAccessKeyId")})
        .and_then([&](const auto& id) {
            return request.plane.accounts.delete_access_key(request.call, id);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer describe_audit_records(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    const usecases::DescribeAuditRecords wanted{.from = read.optional_number("From"),
                                                .to = read.optional_number("To"),
                                                .action = read.text("ActionName"),
                                                .resource = read.text("ResourceId"),
                                                .access_key = read.text("UserAccessKeyId"),
                                                .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.accounts.audit(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "AuditRecords", "AuditRecord", audit_fields);
        });
}

}  // namespace kanmon::api
