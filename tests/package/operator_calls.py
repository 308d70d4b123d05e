"""What an operator does with an installation, by its command line."""
import json
import os

KEY = "/var/lib/kanmon/control/root-access-key.json"
CLIENT = ["kanmon", "--ca", "/var/lib/kanmon/control/api.crt", "--json"]


def install(host, package):
    name = f"/tmp/{os.path.basename(package)}"
    with open(package, "rb") as source, open(host.path(name), "wb") as target:
        target.write(source.read())
    return host.run("dpkg", "--install", name)


def call(host, *words, key=KEY):
    return json.loads(host.run(*CLIENT, "--access-key-file", key, *words))


def make_a_server(host):
    """As an operator would, with the account's own key; returns the server's id."""
    account = call(host, "account", "create", "--name", "acme")
    with open(host.path("/root/acme.json"), "w", encoding="utf-8") as file:
        json.dump(account, file)
    acme = {"key": "/root/acme.json"}
    vpc = call(host, "vpc", "create", "--cidr", "172.20.0.0/16", **acme)["VpcId"]
    gateway = call(host, "gateway", "create", "--vpc", vpc, "--bandwidth", "100", "--wait", **acme)["VpnGatewayId"]
    server = call(host, "server", "create", "--gateway", gateway, "--pool", "192.168.0.0/24", "--local",
                  "172.20.0.0/16", "--wait", **acme)["SslVpnServerId"]
    call(host, "cert", "create", "--server", server, "--name", "alice", **acme)
    return server


def everything(host):
    acme = {"key": "/root/acme.json"}
    answers = [call(host, *words, **acme) for words in (
        ["vpc", "list"], ["gateway", "list"], ["server", "list"], ["cert", "list"])]
    for answer in answers:
        answer.pop("RequestId")
    return answers
