// Both signatures against what real clients sent.
#include <gtest/gtest.h>

#include "base/secret.h"
#include "controlplane/api/acs3_signature.h"
#include "controlplane/api/digest.h"
#include "controlplane/api/rpc_signature.h"

namespace kanmon::api {
namespace {

constexpr std::string_view secret = "testSecret0123456789";
constexpr std::string_view nonce =
    "6b6a088939ad91851003814622c13510e63fdf4b34cc1d3ba4137fbe72931c31";
constexpr std::string_view vector_signature =
    "ed9b75ccae28686f5529ce551ce2e39ea84a7e60bd13b8935a68ee0254ae09da";
constexpr std::string_view vector_signed_headers =
    "host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;"
    "x-acs-signature-nonce;x-acs-version";

/// CreateSslVpnServer as @alicloud/vpc20160428 sent it; the wire leaves (1)* unencoded.
HttpRequest captured_request() {
    HttpRequest request;
    request.method = "POST";
    request.path = "/";
    request.query =
        "Cipher=AES-256-CBC&ClientIpPool=192.168.1.0%2F24&ClientToken=tok-1&Compress=false"
        "&EnableMultiFactorAuth=false&LocalSubnet=10.0.0.0%2F8%2C172.16.0.0%2F12"
        "&Name=srv%20(1)*~%20%27%C3%A9&Port=1194&Proto=UDP&RegionId=cn-hangzhou"
        "&VpnGatewayId=vpn-1";
    request.headers = {{"host", "127.0.0.1:38303"},
                       {"x-acs-version", "2016-04-28"},
                       {"x-acs-action", "CreateSslVpnServer"},
                       {"user-agent", "AlibabaCloud (linux; x64) Node.js/v20.20.2"},
                       {"x-acs-date", "2026-11-23T15:10:48Z"},
                       {"x-acs-signature-nonce", std::string(nonce)},
                       {"accept", "application/json"},
                       {"x-acs-content-sha256", sha256_hex("")},
                       {"x-acs-credentials-provider", "static_ak"},
                       {"content-length", "0"}};
    return request;
}

std::string captured_authorization() {
    return "ACS3-HMAC-SHA256 Credential=testAK,SignedHeaders=" +
           std::string(vector_signed_headers) + ",Signature=" + std::string(vector_signature);
}

Parameters query_of(const HttpRequest& request) {
    Parameters query;
    EXPECT_TRUE(add_form(query, request.query));
    return query;
}

model::Outcome<void> checked(const HttpRequest& request, std::string_view with = secret) {
    const auto authorization = parse_acs3_authorization(captured_authorization());
    EXPECT_TRUE(authorization);
    return check_acs3(request, query_of(request), *authorization, as_bytes(with));
}

TEST(Acs3Signature, ReproducesTheCapturedVector) {
    const HttpRequest request = captured_request();
    const auto authorization = parse_acs3_authorization(captured_authorization());
    ASSERT_TRUE(authorization);
    EXPECT_EQ(authorization->access_key, "testAK");

    const auto text =
        acs3_canonical_request(request, query_of(request), authorization->signed_headers);

    ASSERT_TRUE(text);
    EXPECT_NE(text->find("Name=srv%20%281%29%2A~%20%27%C3%A9"), std::string::npos);
    EXPECT_EQ(sha256_hex(*text),
              "c340bfaddf02931b948d30f0d08ad06504405315c854f96a0d46aafefc6d76cb");
    EXPECT_EQ(acs3_signature(as_bytes(secret), *text), vector_signature);
    EXPECT_TRUE(checked(request));
}

TEST(Acs3Signature, AnyChangeOfWhatIsSignedIsRefused) {
    HttpRequest other_query = captured_request();
    other_query.query += "&Topology=subnet";
    HttpRequest other_body = captured_request();
    other_body.body = "a=b";
    HttpRequest other_method = captured_request();
    other_method.method = "GET";

    EXPECT_EQ(checked(other_query).error().code, "SignatureDoesNotMatch");
    EXPECT_EQ(checked(other_body).error().code, "SignatureDoesNotMatch");
    EXPECT_EQ(checked(other_method).error().code, "SignatureDoesNotMatch");
    EXPECT_EQ(checked(captured_request(), "testSecret0123456780").error().code,
              "SignatureDoesNotMatch");
    for (std::size_t i = 0; i < captured_request().headers.size(); ++i) {
        HttpRequest changed = captured_request();
        const std::string name = changed.headers[i].first;
        if (vector_signed_headers.find(name) == std::string_view::npos) continue;
        changed.headers[i].second += "x";
        EXPECT_EQ(checked(changed).error().code, "SignatureDoesNotMatch") << name;
    }
}

TEST(Acs3Signature, ASignedHeaderThatIsAbsentOrDoubleIsRefused) {
    HttpRequest absent = captured_request();
    absent.headers.erase(absent.headers.begin());
    HttpRequest twice = captured_request();
    twice.headers.emplace_back("host", "127.0.0.1:38303");

    EXPECT_EQ(checked(absent).error().code, "SignatureDoesNotMatch");
    EXPECT_EQ(checked(twice).error().code, "SignatureDoesNotMatch");
}

TEST(Acs3Signature, InsistsOnTheHeadersThatMatter) {
    for (const std::string_view left_out : {"host", "x-acs-action", "x-acs-version", "x-acs-date",
                                            "x-acs-signature-nonce", "x-acs-content-sha256"}) {
        std::string header = captured_authorization();
        const std::size_t at = header.find(left_out);
        header.replace(at, left_out.size(), "x-acs-other");
        EXPECT_EQ(parse_acs3_authorization(header).error().code, "IncompleteSignature") << left_out;
    }
    EXPECT_FALSE(parse_acs3_authorization(""));
    EXPECT_FALSE(parse_acs3_authorization("Basic YTpi"));
    EXPECT_FALSE(parse_acs3_authorization("ACS3-HMAC-SHA256"));
    EXPECT_FALSE(parse_acs3_authorization("ACS3-HMAC-SHA256 Credential=a,Signature="));
}

TEST(Acs3Signature, WhatTheCommandLineSignsIsAccepted) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/";
    request.body = "Name=a+b";
    request.headers = {{"host", "127.0.0.1:8443"},
                       {"content-type", "application/x-www-form-urlencoded"},
                       {"x-acs-version", "2016-04-28"},
                       {"x-acs-action", "DescribeAccounts"},
                       {"x-acs-date", "2026-11-23T15:10:48Z"},
                       {"x-acs-signature-nonce", "n-1"}};
    sign_acs3(request, {}, "testAK", as_bytes(secret));

    const auto authorization = parse_acs3_authorization(*request.header("authorization"));
    ASSERT_TRUE(authorization);
    EXPECT_TRUE(check_acs3(request, {}, *authorization, as_bytes(secret)));
}

Parameters captured_rpc_parameters() {
    return {{"Action", "DescribeSslVpnServers"},
            {"Format", "json"},
            {"Version", "2016-04-28"},
            {"Timestamp", "2026-11-23T15:10:48Z"},
            {"SignatureNonce", "2228"},
            {"RegionId", "cn-hangzhou"},
            {"SignatureMethod", "HMAC-SHA1"},
            {"SignatureVersion", "1.0"},
            {"SignatureType", ""},
            {"AccessKeyId", "testAK"}};
}

TEST(RpcSignature, SignsTheSortedEncodedParametersEmptyOnesIncluded) {
    EXPECT_EQ(rpc_string_to_sign("GET", {{"b", "x y*~"}, {"a", ""}, {"Signature", "gone"}}),
              "GET&%2F&a%3D%26b%3Dx%2520y%252A~");
    // HMAC-SHA1, RFC 2202, test case 2.
    EXPECT_EQ(hmac_sha1_base64(as_bytes("Jefe"), "what do ya want for nothing?"),
              "7/zfauXrL6LSdBbV8YTfnCWafHk=");
}

TEST(RpcSignature, IsAcceptedWithItsSecretAndMethodOnly) {
    Parameters parameters = captured_rpc_parameters();
    parameters["Signature"] =
        rpc_signature(as_bytes(secret), rpc_string_to_sign("POST", parameters));

    EXPECT_TRUE(check_rpc("POST", parameters, as_bytes(secret)));
    EXPECT_EQ(check_rpc("GET", parameters, as_bytes(secret)).error().code, "SignatureDoesNotMatch");
    EXPECT_EQ(check_rpc("POST", parameters, as_bytes("other")).error().code,
              "SignatureDoesNotMatch");
    parameters["RegionId"] = "cn-beijing";
    EXPECT_EQ(check_rpc("POST", parameters, as_bytes(secret)).error().code,
              "SignatureDoesNotMatch");
}

TEST(RpcSignature, NamesTheParameterThatIsMissing) {
    for (const std::string name : {"Signature", "SignatureNonce", "Timestamp"}) {
        Parameters parameters = captured_rpc_parameters();
        parameters["Signature"] = "x";
        parameters.erase(name);
        EXPECT_EQ(check_rpc("POST", parameters, as_bytes(secret)).error().code, "Missing" + name);
    }
}

}  // namespace
}  // namespace kanmon::api
