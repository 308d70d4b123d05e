// People who log in, for tests of everything that lets them in or not.
#pragma once

#include <gtest/gtest.h>

#include "contract/control_world.h"

namespace kanmon::usecases {

/// An account with an identity source, four users, an application, and a server that asks for them.
struct Office : ControlWorld {
    Call alice = account("alice");
    std::string instance = plane.idaas.create(alice, "staff")->id.text;
    model::IdaasUser plain = add("plain"), coded = add("coded"), off = add("off"),
                     outside = add("outside");
    std::string application = make_application();
    std::string server = make_server();

    Office() {
        EXPECT_TRUE(plane.idaas.enrol_totp(alice, coded.id.text));
        EXPECT_TRUE(plane.idaas.modify_user(alice, {.id = off.id.text, .enabled = false}));
    }
    model::IdaasUser add(const std::string& name) {
        return *plane.idaas.create_user(alice,
                                        {instance, name, SecretBuffer(as_bytes("correct horse"))});
    }
    /// For "coded" by name, for "plain" by a group.
    std::string make_application() {
        const auto group = plane.assignments.create_group(alice, {instance, "desk"});
        const auto made = plane.assignments.create_application(alice, {instance, "vpn"});
        EXPECT_TRUE(plane.assignments.add_to_group(alice, {group->id.text, {plain.id.text}}));
        EXPECT_TRUE(
            plane.assignments.assign(alice, {made->id.text, {coded.id.text}, {group->id.text}}));
        return made->id.text;
    }
    std::string make_server() {
        CreateSslServer request = server_request(gateway(alice, vpc(alice, "office")));
        request.enable_multi_factor_auth = true;
        request.idaas_instance = instance;
        return plane.ssl_servers.create(alice, request)->id.text;
    }
    std::string code(int steps) const {
        return PlainHasher().one_time_code({}, model::totp_step(now) + steps);
    }
};

}  // namespace kanmon::usecases
