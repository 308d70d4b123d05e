// The description of the API: what it says is what the actions do.
#include "controlplane/api/openapi.h"

#include <set>
#include <sstream>

#include "account_matrix.h"
#include "controlplane/api/parameter_reader.h"
#include "source_folder/source_folder.h"

namespace kanmon::api {
namespace {

HttpRequest asking_for_it() {
    HttpRequest request;
    request.method = "GET";
    request.path = openapi_path;
    return request;
}

class OpenApi : public ApiTest {
protected:
    json document() { return json::parse(send(asking_for_it()).body); }
    ActionDescription described(std::string_view action) {
        return description_of(*find_action(action), world.plane);
    }
    json schema(const std::string& action) {
        return document()["paths"]["/api/v1/" + action]["post"]["requestBody"]["content"]
                         ["application/json"]["schema"];
    }
};

/// "Tag.2.Key" as it stands in the description.
std::string general(const std::string& name) {
    std::istringstream parts(name);
    std::string whole;
    for (std::string part; std::getline(parts, part, '.');) {
        const bool number = part.find_first_not_of("0123456789") == std::string::npos;
        whole += (whole.empty() ? "" : ".") + (number ? std::string("1") : part);
    }
    return whole;
}

/// Whether a body of this description may hold the parameter.
bool holds(const json& schema, const std::string& name) {
    if (schema.contains("additionalProperties")) return true;
    const std::size_t dot = name.find('.');
    const std::string part = name.substr(0, dot);
    const json* inner = nullptr;
    if (part == "1" && schema.contains("items")) inner = &schema["items"];
    if (schema.contains("properties") && schema["properties"].contains(part))
        inner = &schema["properties"][part];
    if (inner == nullptr) return false;
    return dot == std::string::npos || holds(*inner, name.substr(dot + 1));
}

TEST_F(OpenApi, DocumentOfThisCommitIsTheOneThatIsServed) {
    const HttpResponse served = send(asking_for_it());
    EXPECT_EQ(served.status, 200);
    EXPECT_TRUE(page_in_checkout("docs/openapi.json", served.body) == served.body)
        << "docs/openapi.json is old; make it again with "
           "KANMON_WRITE_DOCS=1 controlplane_api_test";
}

TEST_F(OpenApi, HasEveryActionOfTheTableAndNothingElse) {
    const json paths = document()["paths"];
    for (const NamedAction& action : actions()) {
        const json& post = paths["/api/v1/" + std::string(action.name)]["post"];
        EXPECT_EQ(post["operationId"], action.name);
        const bool says_role = post["description"].get<std::string>().find(
                                   model::key_role_text(action.least)) != std::string::npos;
        EXPECT_EQ(says_role, described(action.name).serves) << action.name;
    }
    EXPECT_EQ(paths.size(), actions().size() + 3);
}

TEST_F(OpenApi, AsksForATokenWhereverOneIsNeeded) {
    const json all = document();
    EXPECT_EQ(all["security"][0], (json{{"bearer", json::array()}}));
    EXPECT_EQ(all["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    std::set<std::string> open;
    for (const auto& [path, methods] : all["paths"].items())
        for (const auto& [method, operation] : methods.items())
            if (operation.contains("security")) open.insert(path);
    EXPECT_EQ(open, (std::set<std::string>{"/api/v1/login", "/api/v1/openapi.json"}));
}

void follow_references(const json& value, const json& document) {
    if (value.is_object() && value.contains("$ref")) {
        EXPECT_TRUE(
            document.contains(json::json_pointer(value["$ref"].get<std::string>().substr(1))))
            << value;
    }
    if (value.is_structured())
        for (const json& inner : value) follow_references(inner, document);
}

TEST_F(OpenApi, RefersToNothingThatIsNotThere) {
    const json all = document();
    follow_references(all, all);
}

// Nothing may run while it is described: the store is away, and nobody notices.
TEST_F(OpenApi, IsMadeWithoutRunningAnyAction) {
    world.books.away = true;
    for (const NamedAction& action : actions()) {
        ParameterLog log;
        const Parameters nothing;
        const usecases::Call nobody;
        const auto answer = action.run({.plane = world.plane,
                                        .call = nobody,
                                        .parameters = {.values = nothing, .log = &log},
                                        .now = {}});
        ASSERT_FALSE(answer) << action.name;
        EXPECT_TRUE(answer.error() == ParameterReader::described() ||
                    answer.error().code == "UnsupportedOperation")
            << action.name << " " << answer.error().code;
    }
    EXPECT_EQ(world.gatekeeper.changes, 0);
}

TEST_F(OpenApi, NamesTheParametersThatTheActionsAreAskedWith) {
    for (const Row& row : matrix()) {
        if (row.owner == refused_here) continue;
        const json wanted = schema(std::string(row.action));
        for (const auto& [name, value] : row.parameters)
            EXPECT_TRUE(holds(wanted, general(name))) << row.action << " " << name;
    }
    EXPECT_TRUE(
        holds(schema("CreateVpnConnection"), "TunnelOptionsSpecification.1.TunnelIkeConfig.Psk"));
    EXPECT_TRUE(holds(schema("CreateVpnConnection"), "IkeConfig.Psk"));
    EXPECT_TRUE(holds(schema("ModifyTunnelAttribute"), "TunnelOptionsSpecification.EnableDpd"));
    EXPECT_FALSE(holds(schema("CreateVpc"), "Nonsense"));
}

TEST_F(OpenApi, CallsRequiredWhatIsMissedAndNothingElse) {
    for (const Row& row : matrix()) {
        if (row.owner == refused_here) continue;
        for (const AskedParameter& parameter : described(row.action).parameters) {
            Tenants one;
            Parameters parameters = one.filled(row, false);
            EXPECT_TRUE(!parameter.required || parameters.contains(parameter.name))
                << row.action << " " << parameter.name;
            const bool named = parameters.erase(parameter.name) > 0;
            if (!named) continue;
            const std::string outcome = one.outcome(one.as(one.owner, row.action, parameters));
            if (parameter.required) {
                EXPECT_EQ(outcome, "400 Missing" + parameter.name) << row.action;
            }
        }
    }
}

TEST_F(OpenApi, TellsTypes) {
    const json server = schema("CreateSslVpnServer")["properties"];
    EXPECT_EQ(server["Port"]["type"], "integer");
    EXPECT_EQ(server["Compress"]["type"], "boolean");
    EXPECT_EQ(server["TunMtu"]["type"], "integer");
    EXPECT_EQ(server["ClientIpPool"]["type"], "string");
    EXPECT_EQ(server["DryRun"]["type"], "boolean");
    EXPECT_EQ(schema("TagResources")["properties"]["ResourceId"]["items"]["type"], "string");
    EXPECT_EQ(schema("TagResources")["properties"]["Tag"]["items"]["properties"]["Key"]["type"],
              "string");
    EXPECT_EQ(schema("ImportSslVpnServerCa")["properties"]["CaPrivateKey"]["format"], "password");
}

}  // namespace
}  // namespace kanmon::api
