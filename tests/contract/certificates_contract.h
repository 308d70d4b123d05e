// What every adapter of Books promises about client certificates and what belongs to them:
// instantiated like BooksContract.
#pragma once

#include "contract/books_contract.h"

namespace kanmon::usecases {

template <class Maker>
class CertificatesContract : public BooksContract<Maker> {};

TYPED_TEST_SUITE_P(CertificatesContract);

TYPED_TEST_P(CertificatesContract, ThousandsAreCountedAndReadInPieces) {
    const auto made = [](int number) {
        model::ClientCertificate row = contract_certificate();
        row.id.text = "vsc-" + std::to_string(number);
        row.serial = std::to_string(number);
        row.static_address.reset();
        if (number == 3) row.static_address = Ipv4{77};
        return row;
    };
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.vpcs().put(contract_vpc("vpc-1", ""));
        ledger.vpn_gateways().put(contract_gateway());
        ledger.ssl_servers().put(contract_server());
        for (int number = 1; number <= 5; ++number) ledger.client_certificates().put(made(number));
        return Outcome<Receipt>(Receipt{});
    }));
    ASSERT_TRUE(this->books->settle());
    const std::string server = contract_certificate().server.text;
    (void)this->books->look([&](Ledger& ledger) {
        const auto& rows = ledger.client_certificates();
        for (const Scope& scope : {Scope{Scope::Of::account, contract_actor.account.text},
                                   Scope{Scope::Of::parent, server}}) {
            EXPECT_EQ(rows.count(scope), 5U);
            EXPECT_EQ(rows.slice(scope, 1, 2), (std::vector{made(2), made(3)}));
            EXPECT_EQ(rows.slice(scope, 4, 2), std::vector{made(5)});
            EXPECT_TRUE(rows.slice(scope, 5, 2).empty());
        }
        EXPECT_EQ(rows.count({Scope::Of::parent, "vss-other"}), 0U);
        EXPECT_EQ(ledger.static_addresses(server),
                  (std::vector<bridge::StaticAddress>{{"vsc-3", Ipv4{77}}}));
        EXPECT_TRUE(ledger.static_addresses("vss-other").empty());
    });
}

TYPED_TEST_P(CertificatesContract, WhatBelongsToCertificatesComesBackAndGoesWithThem) {
    const model::AccountId account = contract_actor.account;
    const model::ClientCertificate certificate = contract_certificate();
    const model::RevocationList list{contract_server().id, account, "1a",        unix_time_of(1),
                                     unix_time_of(2),      false,   {"aa", "bb"}};
    const model::BundleLink link{.id = {"lnk-1"},
                                 .account = account,
                                 .certificate = certificate.id,
                                 .token_hash = from_hex("00ff10"),
                                 .format = model::BundleFormat::p12_zip,
                                 .sealed_password = from_hex("02"),
                                 .created_at = unix_time_of(3),
                                 .expires_at = unix_time_of(4)};
    const model::HeldBundle held{certificate.id, account, certificate.server, "0123",
                                 unix_time_of(5)};
    model::HeldBundle nobodys = held;
    nobodys.id = {"vsc-2"};
    ASSERT_TRUE(this->books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
        ledger.idaas_instances().put(contract_instance());
        ledger.vpcs().put(contract_vpc("vpc-1", ""));
        ledger.vpn_gateways().put(contract_gateway());
        ledger.ssl_servers().put(contract_server());
        ledger.client_certificates().put(certificate);
        ledger.revocation_lists().put(list);
        ledger.bundle_links().put(link);
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    ASSERT_TRUE(this->books->write_held_bundles({held, nobodys}));
    ASSERT_TRUE(this->books->look([&](Ledger& ledger) {
        EXPECT_EQ(ledger.ssl_servers().find("vss-1"), contract_server());
        EXPECT_EQ(ledger.revocation_lists().find("vss-1"), list);
        EXPECT_EQ(ledger.bundle_links().below("vsc-1"), std::vector{link});
        EXPECT_EQ(ledger.bundle_links().of_account(account), std::vector{link});
        EXPECT_EQ(ledger.held_bundles().below("vss-1"), std::vector{held});
    }));
}

REGISTER_TYPED_TEST_SUITE_P(CertificatesContract, ThousandsAreCountedAndReadInPieces,
                            WhatBelongsToCertificatesComesBackAndGoesWithThem);

}  // namespace kanmon::usecases
