"""Each resource of the Terraform provider: create, read, update, delete, with its own requests,
retries and waits; what is read back is what was written, so that a plan afterwards is empty."""
import contextlib

import control
import provider
import pytest
from provider import REGION, Refused, is_not_found, token, wait_for

BUSY = ("VpnGateway.Configuring",)


@pytest.fixture(scope="module")
def there():
    # As fast as the machine goes; how too many requests end has a test of its own.
    with control.Control("--api-rate", "100000", "--api-burst", "100000") as running:
        yield running


@pytest.fixture
def tf(there):
    return provider.Provider(there)


def absent(read, codes=()):
    """What `read` gives, or None when that is not there, as the provider sees it."""
    try:
        return read()
    except Refused as error:
        if is_not_found(error, codes):
            return None
        raise


def tags_of(fields):
    return {row["Key"]: row["Value"] for row in fields["Tags"]["Tag"]}


@contextlib.contextmanager
def network(tf, number):
    """A VPC with a vSwitch: resources of the same provider, kept short here."""
    vpc = tf.tea("CreateVpc", body={"CidrBlock": f"10.{number}.0.0/16", "VpcName": "tf-acc",
                                    "ClientToken": token("CreateVpc"),
                                    "EnableIpv6": False})["VpcId"]
    wait_for(lambda: tf.tea("DescribeVpcAttribute", {"VpcId": vpc}),
             lambda found: found["Status"] == "Available")
    zone = tf.tea("DescribeZones")["Zones"]["Zone"][0]["ZoneId"]
    part = tf.tea("CreateVSwitch", body={"VpcId": vpc, "ZoneId": zone,
                                         "CidrBlock": f"10.{number}.0.0/24",
                                         "VSwitchName": "tf-acc"})["VSwitchId"]
    wait_for(lambda: tf.tea("DescribeVSwitchAttributes", {"VSwitchId": part}),
             lambda found: found["Status"] == "Available")
    tables = tf.tea("DescribeRouteTableList", {"VpcId": vpc, "RouteTableType": "System"})
    assert tables["RouterTableList"]["RouterTableListType"][0]["VpcId"] == vpc
    yield vpc, part
    tf.tea("DeleteVSwitch", {"VSwitchId": part})
    assert absent(lambda: tf.tea("DescribeVSwitchAttributes", {"VSwitchId": part})) is None
    tf.tea("DeleteVpc", {"VpcId": vpc})
    assert absent(lambda: tf.tea("DescribeVpcAttribute", {"VpcId": vpc})) is None


def read_gateway(tf, gateway):
    return tf.tea("DescribeVpnGateway", {"VpnGatewayId": gateway})


def active(tf, gateway, step=5):
    return wait_for(lambda: read_gateway(tf, gateway), lambda found: found["Status"] == "active",
                    step)


def create_gateway(tf, vpc, part, **more):
    fields = {"VpcId": vpc, "VSwitchId": part, "Name": "tf-acc", "Bandwidth": 10,
              "EnableIpsec": True, "EnableSsl": True, "SslConnections": 5, "AutoPay": True,
              "InstanceChargeType": "POSTPAY", "VpnType": "Normal"} | more

    def create(_):
        return tf.tea("CreateVpnGateway", body=fields | {"ClientToken": token("CreateVpnGateway")})

    gateway = tf.retried(create, ("OperationFailed.SslNotSupport",))["VpnGatewayId"]
    active(tf, gateway, 20)
    return gateway


def delete_gateway(tf, gateway):
    def delete(_):
        return tf.tea("DeleteVpnGateway", {"VpnGatewayId": gateway},
                      {"ClientToken": token("DeleteVpnGateway")})

    tf.retried(delete, BUSY)
    wait_for(lambda: absent(lambda: read_gateway(tf, gateway)), lambda found: found is None)
    with pytest.raises(Refused) as gone:
        read_gateway(tf, gateway)
    assert gone.value.code == "InvalidVpnGatewayInstanceId.NotFound"
    assert gone.value.status == 404


@contextlib.contextmanager
def gateway_in(tf, number):
    with network(tf, number) as (vpc, part):
        gateway = create_gateway(tf, vpc, part)
        yield gateway
        delete_gateway(tf, gateway)


def test_alicloud_vpn_gateway(tf):
    with network(tf, 10) as (vpc, part):
        gateway = create_gateway(tf, vpc, part)
        found = read_gateway(tf, gateway)
        expected = {"VpcId": vpc, "VSwitchId": part, "Name": "tf-acc", "ChargeType": "PostpayByFlow",
                    "SslMaxConnections": 5, "VpnType": "Normal", "NetworkType": "public",
                    "BusinessStatus": "Normal", "IpsecVpn": "enable", "SslVpn": "enable",
                    "Description": "", "AutoPropagate": False, "ResourceGroupId": "",
                    "DisasterRecoveryVSwitchId": ""}
        assert {name: found[name] for name in expected} == expected
        assert found["Spec"].split("M")[0] == "10"
        assert isinstance(found["CreateTime"], int)
        assert found["InternetIp"] == found["SslVpnInternetIp"] == "203.0.113.1"
        assert tags_of(found) == {}

        def modify(_):
            return tf.tea("ModifyVpnGatewayAttribute", {"VpnGatewayId": gateway},
                          {"ClientToken": token("ModifyVpnGatewayAttribute"), "Name": "renamed",
                           "Description": "described", "AutoPropagate": True})

        tf.retried(modify, ())
        active(tf, gateway)
        tf.tea("MoveVpnResourceGroup", {"InstanceId": gateway},
               {"NewResourceGroupId": "rg-tf", "ResourceType": "VpnGateWay"})
        tf.tea("TagResources", body={"ResourceType": "VpnGateWay", "ResourceId": [gateway],
                                     "Tag": [{"Key": "Created", "Value": "TF"},
                                             {"Key": "For", "Value": "Test"}]})
        found = read_gateway(tf, gateway)
        assert (found["Name"], found["Description"]) == ("renamed", "described")
        assert found["AutoPropagate"] is True and found["ResourceGroupId"] == "rg-tf"
        assert tags_of(found) == {"Created": "TF", "For": "Test"}
        tf.tea("UnTagResources", body={"ResourceType": "VpnGateWay", "ResourceId": [gateway],
                                       "TagKey": ["Created"]})
        assert tags_of(read_gateway(tf, gateway)) == {"For": "Test"}
        delete_gateway(tf, gateway)
        with pytest.raises(Refused) as gone:
            tf.tea("DeleteVpnGateway", {"VpnGatewayId": gateway})
        assert gone.value.status == 404


def read_server(tf, server):
    """The one row, or None: the provider takes an empty list for gone, too."""
    def read():
        rows = tf.legacy("DescribeSslVpnServers", {"SslVpnServerId": server})
        return next((row for row in rows["SslVpnServers"]["SslVpnServer"]
                     if row["SslVpnServerId"] == server), None)

    return absent(read, ("InvalidSslVpnServerId.NotFound",))


def create_server(tf, gateway, **more):
    fields = {"VpnGatewayId": gateway, "ClientIpPool": "192.168.0.0/16",
              "LocalSubnet": "172.16.1.0/24", "Name": "", "Proto": "UDP", "Cipher": "AES-128-CBC",
              "Port": 1194, "Compress": False,
              "ClientToken": token("CreateSslVpnServer")} | more  # kept over its retries
    return tf.retried(lambda _: tf.legacy("CreateSslVpnServer", fields), BUSY,
                      10, 0)["SslVpnServerId"]


def delete_server(tf, server):
    tf.retried(lambda _: tf.legacy("DeleteSslVpnServer", {"SslVpnServerId": server}), BUSY, 10, 0)
    wait_for(lambda: read_server(tf, server), lambda found: found is None)


def test_alicloud_ssl_vpn_server(tf):
    with gateway_in(tf, 11) as gateway:
        server = create_server(tf, gateway)
        row = read_server(tf, server)
        assert row is not None, "it has to be there right after the call"
        expected = {"VpnGatewayId": gateway, "Name": "", "LocalSubnet": "172.16.1.0/24",
                    "ClientIpPool": "192.168.0.0/16", "Cipher": "AES-128-CBC", "Proto": "UDP",
                    "Port": 1194, "Compress": False, "Connections": 0, "MaxConnections": 5}
        assert {name: row[name] for name in expected} == expected
        # The acceptance tests' own steps: one change at a time, always with both networks.
        steps = ({"ClientIpPool": "192.168.0.0/17"},
                 {"LocalSubnet": "172.16.1.0/24,172.16.2.0/24"}, {"Name": "tf-acc-ssl"},
                 {"Proto": "TCP"}, {"Cipher": "AES-192-CBC"}, {"Port": 23}, {"Compress": True},
                 {"ClientIpPool": "192.169.0.0/16"})
        for step in steps:
            expected |= step
            change = {"SslVpnServerId": server, "ClientIpPool": expected["ClientIpPool"],
                      "LocalSubnet": expected["LocalSubnet"]} | step
            tf.retried(lambda _, change=change: tf.legacy("ModifySslVpnServer", change), BUSY,
                       10, 0)
            row = read_server(tf, server)
            assert {name: row[name] for name in expected} == expected
        delete_server(tf, server)
        with pytest.raises(Refused) as gone:
            tf.legacy("DeleteSslVpnServer", {"SslVpnServerId": server})
        assert gone.value.code == "InvalidSslVpnServerId.NotFound"


def test_alicloud_ssl_vpn_client_cert(tf):
    with gateway_in(tf, 12) as gateway:
        server = create_server(tf, gateway)

        def create(_):
            return tf.legacy("CreateSslVpnClientCert",
                             {"SslVpnServerId": server, "Name": "tf-acc",
                              "ClientToken": token("CreateSslVpnClientCert")})

        cert = tf.retried(create, BUSY)["SslVpnClientCertId"]

        def read():
            return absent(lambda: tf.legacy("DescribeSslVpnClientCert",
                                            {"SslVpnClientCertId": cert}),
                          ("InvalidInstanceId.NotFound", "InvalidSslVpnClientCertId.NotFound"))

        found = wait_for(read, lambda it: it["Status"] == "normal")
        assert (found["Name"], found["SslVpnServerId"]) == ("tf-acc", server)
        assert found["CaCert"].startswith("-----BEGIN CERTIFICATE-----")
        assert found["ClientCert"].startswith("-----BEGIN CERTIFICATE-----")
        assert "PRIVATE KEY-----" in found["ClientKey"]
        assert f"cert {cert}.crt" in found["ClientConfig"]
        tf.legacy("ModifySslVpnClientCert", {"SslVpnClientCertId": cert, "Name": "renamed"})
        assert read()["Name"] == "renamed"

        def delete(_):
            return tf.legacy("DeleteSslVpnClientCert", {"SslVpnClientCertId": cert})

        tf.retried(delete, BUSY)
        wait_for(read, lambda it: it is None)
        with pytest.raises(Refused) as gone:
            delete(0)
        assert gone.value.code == "InvalidSslVpnClientCertId.NotFound"
        delete_server(tf, server)


def create_site(tf, address, **more):
    fields = {"IpAddress": address, "Name": "tf-acc", "Description": "far", "Asn": 65000} | more

    def create(_):
        return tf.tea("CreateCustomerGateway",
                      body=fields | {"ClientToken": token("CreateCustomerGateway")})

    return tf.retried(create, ("OperationConflict",))["CustomerGatewayId"]


def delete_site(tf, site):
    tf.tea("DeleteCustomerGateway", {"CustomerGatewayId": site},
           {"ClientToken": token("DeleteCustomerGateway")})
    wait_for(lambda: absent(lambda: tf.tea("DescribeCustomerGateway", {"CustomerGatewayId": site})),
             lambda found: found is None)


def test_alicloud_vpn_customer_gateway(tf):
    site = create_site(tf, "198.51.100.10")
    tf.tea("TagResources", body={"ResourceType": "CUSTOMERGATEWAY", "ResourceId": [site],
                                 "Tag": [{"Key": "Created", "Value": "TF"}]})

    def read():
        return tf.tea("DescribeCustomerGateway", {"CustomerGatewayId": site})

    found = read()
    expected = {"Asn": 65000, "Name": "tf-acc", "Description": "far", "IpAddress": "198.51.100.10"}
    assert {name: found[name] for name in expected} == expected
    assert tags_of(found) == {"Created": "TF"} and isinstance(found["CreateTime"], int)
    tf.tea("ModifyCustomerGatewayAttribute", {"CustomerGatewayId": site},
           {"ClientToken": token("ModifyCustomerGatewayAttribute"), "Name": "renamed",
            "Description": "farther"})
    found = read()
    assert (found["Name"], found["Description"]) == ("renamed", "farther")
    delete_site(tf, site)


CONNECTION_BUSY = ("Appliance.Configuring", "VpnGateway.Configuring", "VpnTask.CONFLICT",
                   "VpnConnection.Configuring")


def create_connection(tf, gateway, site, **more):
    fields = {"VpnGatewayId": gateway, "CustomerGatewayId": site, "Name": "tf-acc",
              "LocalSubnet": "172.16.0.0/24,172.16.1.0/24", "RemoteSubnet": "10.0.0.0/24",
              "EffectImmediately": True, "EnableDpd": True, "EnableNatTraversal": True,
              "IkeConfig": '{"IkeAuthAlg":"md5","IkeEncAlg":"des","IkeLifetime":86400,'
                           '"IkeMode":"main","IkePfs":"group1","IkeVersion":"ikev2","Psk":"tf-test",'
                           '"LocalId":"here","RemoteId":"there"}',
              "IpsecConfig": '{"IpsecAuthAlg":"sha1","IpsecEncAlg":"aes","IpsecLifetime":8640,'
                             '"IpsecPfs":"group5"}',
              "BgpConfig": '{"EnableBgp":true,"LocalAsn":45014,"LocalBgpIp":"169.254.11.1",'
                           '"TunnelCidr":"169.254.11.0/30"}',
              "HealthCheckConfig": '{"dip":"10.0.0.1","enable":true,"interval":10,"retry":10,'
                                   '"sip":"172.16.0.1"}'} | more

    def create(_):
        return tf.tea("CreateVpnConnection",
                      body=fields | {"ClientToken": token("CreateVpnConnection")})

    connection = tf.retried(create, CONNECTION_BUSY)["VpnConnectionId"]
    wait_for(lambda: read_connection(tf, connection), lambda found: found["State"] == "active")
    return connection


def read_connection(tf, connection):
    return tf.tea("DescribeVpnConnection", {"VpnConnectionId": connection})


def delete_connection(tf, connection):
    def delete(_):
        return tf.tea("DeleteVpnConnection", {"VpnConnectionId": connection},
                      {"ClientToken": token("DeleteVpnConnection")})

    tf.retried(delete, CONNECTION_BUSY)
    wait_for(lambda: absent(lambda: read_connection(tf, connection)), lambda found: found is None)
    with pytest.raises(Refused) as gone:
        read_connection(tf, connection)
    assert gone.value.code == "InvalidVpnConnectionInstanceId.NotFound"


def test_alicloud_vpn_connection(tf):
    with gateway_in(tf, 13) as gateway:
        site = create_site(tf, "198.51.100.13")
        connection = create_connection(tf, gateway, site)
        found = read_connection(tf, connection)
        assert set(found["LocalSubnet"].split(",")) == {"172.16.0.0/24", "172.16.1.0/24"}
        assert found["CustomerGatewayId"] == site and found["VpnGatewayId"] == gateway
        assert found["IkeConfig"] == {
            "IkeAuthAlg": "md5", "IkeEncAlg": "des", "IkeLifetime": 86400, "IkeMode": "main",
            "IkePfs": "group1", "IkeVersion": "ikev2", "Psk": "tf-test", "LocalId": "here",
            "RemoteId": "there"}
        assert found["IpsecConfig"] == {"IpsecAuthAlg": "sha1", "IpsecEncAlg": "aes",
                                        "IpsecLifetime": 8640, "IpsecPfs": "group5"}
        assert found["VpnBgpConfig"]["EnableBgp"] == "true"
        assert found["VpnBgpConfig"]["LocalAsn"] == 45014
        assert found["VcoHealthCheck"]["Dip"] == "10.0.0.1"
        assert found["VcoHealthCheck"]["Interval"] == 10

        def modify(_):
            return tf.tea("ModifyVpnConnectionAttribute", {"VpnConnectionId": connection},
                          {"ClientToken": token("ModifyVpnConnectionAttribute"), "Name": "renamed",
                           "LocalSubnet": "172.16.1.0/24,172.16.0.0/24", "EnableDpd": False,
                           "IkeConfig": '{"IkeEncAlg":"aes","Psk":"tf-other"}'})

        tf.retried(modify, CONNECTION_BUSY)
        found = wait_for(lambda: read_connection(tf, connection),
                         lambda found: found["State"] == "active")
        assert found["Name"] == "renamed" and found["EnableDpd"] is False
        assert found["IkeConfig"]["Psk"] == "tf-other"
        assert found["IkeConfig"]["IkeVersion"] == "ikev2"
        delete_connection(tf, connection)
        delete_site(tf, site)


def test_alicloud_vpn_connection_with_two_tunnels(tf):
    with gateway_in(tf, 14) as gateway:
        sites = [create_site(tf, f"198.51.100.{number}") for number in (14, 114)]
        tunnels = [{"CustomerGatewayId": site, "Role": role, "EnableDpd": True,
                    "EnableNatTraversal": True,
                    "TunnelIkeConfig": {"IkeVersion": "ikev2", "Psk": f"psk-{role}",
                                        "IkeLifetime": 3600},
                    "TunnelIpsecConfig": {"IpsecPfs": "disabled", "IpsecLifetime": 4200},
                    "TunnelBgpConfig": {"LocalAsn": 1219001, "TunnelCidr": f"169.254.3{place}.0/30",
                                        "LocalBgpIp": f"169.254.3{place}.1"}}
                   for place, (site, role) in enumerate(zip(sites, ("master", "slave")))]
        connection = create_connection(
            tf, gateway, None, LocalSubnet="0.0.0.0/0", RemoteSubnet="0.0.0.0/0", IkeConfig=None,
            IpsecConfig=None, BgpConfig=None, HealthCheckConfig=None, EnableDpd=None,
            EnableNatTraversal=None, EnableTunnelsBgp=True, TunnelOptionsSpecification=tunnels)
        rows = read_connection(tf, connection)["TunnelOptionsSpecification"]["TunnelOptions"]
        assert [row["Role"] for row in rows] == ["master", "slave"]
        assert [row["TunnelIkeConfig"]["Psk"] for row in rows] == ["psk-master", "psk-slave"]
        # Texts only inside a tunnel.
        assert rows[1]["TunnelIkeConfig"]["IkeLifetime"] == "3600"
        assert rows[1]["EnableDpd"] == "true"
        delete_connection(tf, connection)
        for site in sites:
            delete_site(tf, site)


ROUTE_BUSY = ("VpnGateway.Configuring", "TaskConflict", "VpnRouteEntry.Configuring",
              "VpnTask.CONFLICT")


def found_route(tf, action, outer, name):
    """Looked for in pages of 20, until one is short."""
    page = 1
    while True:
        rows = tf.legacy(action, {"VpnGatewayId": name["VpnGatewayId"], "PageSize": 20,
                                  "PageNumber": page})
        (inner,) = rows[outer].values()
        for row in inner:
            if row["RouteDest"] == name["RouteDest"] and row["NextHop"] == name["NextHop"]:
                return row
        if len(inner) < 20:
            return None
        page += 1


@contextlib.contextmanager
def routed(tf, number):
    with gateway_in(tf, number) as gateway:
        site = create_site(tf, f"198.51.100.{number}")
        connection = create_connection(tf, gateway, site, LocalSubnet="0.0.0.0/0",
                                       RemoteSubnet="0.0.0.0/0", BgpConfig=None,
                                       HealthCheckConfig=None)
        yield gateway, connection
        delete_connection(tf, connection)
        delete_site(tf, site)


def test_alicloud_vpn_route_entry(tf):
    with routed(tf, 15) as (gateway, connection):
        # More than a page of others in front of it.
        name = {"VpnGatewayId": gateway, "NextHop": connection}
        others = [name | {"RouteDest": f"172.20.{number}.0/24"} for number in range(20)]
        name |= {"RouteDest": "172.30.0.0/24"}

        def create(one):
            return tf.retried(lambda _: tf.legacy("CreateVpnRouteEntry", one | {
                "Weight": 0, "PublishVpc": True, "ClientToken": token("CreateVpnRouteEntry")}),
                ROUTE_BUSY)

        for other in others:
            create(other)
        made = create(name)
        assert (made["VpnInstanceId"], made["NextHop"], made["RouteDest"]) == tuple(
            name[part] for part in ("VpnGatewayId", "NextHop", "RouteDest"))

        def read():
            return found_route(tf, "DescribeVpnRouteEntries", "VpnRouteEntries", name)

        assert (read()["Weight"], read()["State"]) == (0, "published")
        assert read()["RouteEntryType"] == "custom"
        tf.legacy("PublishVpnRouteEntry", name | {"RouteType": "dbr", "PublishVpc": False})
        tf.legacy("ModifyVpnRouteEntryWeight", name | {"Weight": 0, "NewWeight": 100})
        assert (read()["Weight"], read()["State"]) == (100, "normal")
        for one, weight in [(name, 100)] + [(other, 0) for other in others]:
            tf.retried(lambda _, one=one, weight=weight: tf.legacy(
                "DeleteVpnRouteEntry", one | {"Weight": weight}), ROUTE_BUSY)
        assert read() is None
        with pytest.raises(Refused) as gone:
            tf.legacy("DeleteVpnRouteEntry", name | {"Weight": 100})
        assert gone.value.code == "InvalidRouteEntry.NotFound"


def test_alicloud_vpn_pbr_route_entry(tf):
    with routed(tf, 16) as (gateway, connection):
        # Beside an SSL server nothing may hide its clients; this gateway has none.
        name = {"VpnGatewayId": gateway, "NextHop": connection, "RouteDest": "172.31.0.0/24",
                "RouteSource": "10.16.0.0/24"}
        tf.retried(lambda _: tf.legacy("CreateVpnPbrRouteEntry", name | {
            "Weight": 0, "PublishVpc": False, "ClientToken": token("CreateVpnPbrRouteEntry")}),
            ROUTE_BUSY)

        def read():
            return found_route(tf, "DescribeVpnPbrRouteEntries", "VpnPbrRouteEntries", name)

        assert (read()["Weight"], read()["State"], read()["RouteSource"]) == (
            0, "normal", "10.16.0.0/24")
        tf.legacy("PublishVpnRouteEntry", name | {"RouteType": "pbr", "PublishVpc": True})
        tf.legacy("ModifyVpnPbrRouteEntryWeight", name | {"Weight": 0, "NewWeight": 100})
        assert (read()["Weight"], read()["State"]) == (100, "published")
        tf.legacy("DeleteVpnPbrRouteEntry", name | {"Weight": 100})
        assert read() is None


def test_data_sources(tf):
    """Pages of 50 until one is short; the key of an empty list is there."""
    for action, outer, inner in (
            ("DescribeVpnGateways", "VpnGateways", "VpnGateway"),
            ("DescribeSslVpnServers", "SslVpnServers", "SslVpnServer"),
            ("DescribeSslVpnClientCerts", "SslVpnClientCertKeys", "SslVpnClientCertKey"),
            ("DescribeCustomerGateways", "CustomerGateways", "CustomerGateway"),
            ("DescribeVpnConnections", "VpnConnections", "VpnConnection"),
            ("DescribeVpcs", "Vpcs", "Vpc"), ("DescribeVSwitches", "VSwitches", "VSwitch")):
        for method in ("GET", "POST"):
            found = tf.legacy(action, {"PageSize": 50, "PageNumber": 1}, method)
            assert found[outer][inner] == [], action
    with gateway_in(tf, 17) as gateway:
        server = create_server(tf, gateway)
        for number in range(51):
            tf.legacy("CreateSslVpnClientCert", {"SslVpnServerId": server, "Name": f"c-{number}"})
        names, page = [], 1
        while True:
            found = tf.legacy("DescribeSslVpnClientCerts", {"SslVpnServerId": server,
                                                            "PageSize": 50, "PageNumber": page})
            rows = found["SslVpnClientCertKeys"]["SslVpnClientCertKey"]
            names += [row["Name"] for row in rows]
            if len(rows) < 50:
                break
            page += 1
        assert names == [f"c-{number}" for number in range(51)]
        assert page == 2
        delete_server(tf, server)
    regions = tf.legacy("DescribeRegions")["Regions"]["Region"]
    assert REGION in [row["RegionId"] for row in regions] or regions


def test_a_token_kept_over_retries_makes_one_server(tf):
    with gateway_in(tf, 18) as gateway:
        kept = token("CreateSslVpnServer")
        # The first try is refused, and its token stays good.
        with pytest.raises(Refused) as wrong:
            create_server(tf, gateway, ClientToken=kept, ClientIpPool="10.18.0.0/24")
        assert wrong.value.code.startswith("IllegalParam")
        first = create_server(tf, gateway, ClientToken=kept)
        assert create_server(tf, gateway, ClientToken=kept) == first
        with pytest.raises(Refused) as other:
            create_server(tf, gateway, ClientToken=kept, Port=1195)
        assert other.value.code == "IdempotentParameterMismatch"
        delete_server(tf, first)


def test_too_many_requests_pass_by_waiting():
    """The provider's own retry on Throttling gets through."""
    with control.Control("--api-rate", "50", "--api-burst", "20") as running:
        tf = provider.Provider(running)
        refused = 0

        def read(attempt):
            nonlocal refused
            refused += attempt > 0
            return tf.legacy("DescribeRegions")

        for _ in range(60):
            tf.retried(read, (), 3, 5)
        assert refused > 0
