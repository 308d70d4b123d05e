"""Mutations by several connections at once, and the account of what was answered.

Each worker has one call on its way at most. A call without an answer, or with 503, is unknown: it is
repeated with the same ClientToken until it is answered, after a restart as well.
"""
import itertools
import random
import threading
import time
from collections import Counter

from signed_calls import Lost, SignedCalls

KINDS = {
    # kind: (create, parameters, modify, its name, delete, the id's name, the name's name, most)
    "certificate": ("CreateSslVpnClientCert", "ModifySslVpnClientCert", "DeleteSslVpnClientCert",
                    "SslVpnClientCertId", "Name", 10),
    "customer_gateway": ("CreateCustomerGateway", "ModifyCustomerGatewayAttribute",
                         "DeleteCustomerGateway", "CustomerGatewayId", "Name", 3),
    "vpc": ("CreateVpc", None, "DeleteVpc", "VpcId", "VpcName", 3),
    "connection": ("CreateVpnConnection", "ModifyVpnConnectionAttribute", "DeleteVpnConnection",
                   "VpnConnectionId", "Name", 1),
}


class Mutation:
    def __init__(self, verb, kind, subject, name, parameters):
        row = KINDS[kind]
        self.verb, self.kind, self.subject, self.name = verb, kind, subject, name
        self.action = row[("create", "modify", "delete").index(verb)]
        self.parameters = parameters
        self.attempts = 0

    def audit_key(self):
        """How its row of the audit log is known; a creation's subject once it is answered."""
        return (self.action, self.subject, "" if self.verb == "delete" else self.name)


class Worker:
    def __init__(self, number, port, key, scene, seed):
        self.number, self.scene = number, scene
        self.random = random.Random(seed)
        self.calls = SignedCalls(port, key)
        self.serial = itertools.count(1)
        self.held = {kind: {} for kind in KINDS}  # id -> name
        self.pending = None
        self.done = []
        self.first_answers = []  # request ids that the audit log must show
        self.refusals = Counter()
        self.problem = None

    def address(self):
        """None that another one may still have: 62,500 come before the first again."""
        count = next(self.serial)
        return f"198.{51 + self.number}.{count // 250 % 250}.{count % 250 + 1}"

    def creation(self, kind, name):
        own = {
            "certificate": {"SslVpnServerId": self.scene["server"]},
            "customer_gateway": {"IpAddress": self.address()},
            "vpc": {"CidrBlock": "172.20.0.0/16", "Namespace": name},
            "connection": {"VpnGatewayId": self.scene["gateway"],
                           "CustomerGatewayId": self.scene["site"], "LocalSubnet": "10.1.0.0/16",
                           "RemoteSubnet": f"172.31.{self.number}.0/24", "AutoConfigRoute": "false",
                           "Tags.1.Key": "made-by", "Tags.1.Value": name}}[kind]
        return Mutation("create", kind, None, name, {**own, KINDS[kind][4]: name})

    def choose(self):
        kind = self.random.choice(["certificate"] * 5 + list(KINDS))
        _, modify, _, id_name, name_name, most = KINDS[kind]
        name = f"w{self.number}-{next(self.serial)}"
        held = self.held[kind]
        verb = self.random.choice(("create", "create", "modify", "delete"))
        if not held:
            verb = "create"
        elif len(held) >= most and verb == "create":
            verb = "delete"
        if verb == "modify" and modify is None:
            verb = "delete"
        if verb == "create":
            mutation = self.creation(kind, name)
        else:
            subject = self.random.choice(sorted(held))
            parameters = {id_name: subject}
            if verb == "modify":
                parameters[name_name] = name
            mutation = Mutation(verb, kind, subject, name, parameters)
        mutation.parameters["ClientToken"] = f"token-{name}"
        if kind != "vpc" or verb == "create":
            mutation.parameters["RegionId"] = "local"
        return mutation

    def settle(self, mutation, body):
        held = self.held[mutation.kind]
        if mutation.verb == "create":
            mutation.subject = body[KINDS[mutation.kind][3]]
        if mutation.verb == "delete":
            del held[mutation.subject]
        else:
            held[mutation.subject] = mutation.name
        self.done.append(mutation)
        if mutation.attempts == 1:
            self.first_answers.append(body["RequestId"])

    def step(self):
        """One call; false when it was not done."""
        if self.pending is None:
            self.pending = self.choose()
        mutation = self.pending
        mutation.attempts += 1
        status, body = self.calls.call(mutation.action, **mutation.parameters)
        if status == 200:
            self.settle(mutation, body)
            self.pending = None
            return True
        if status != 503 or body.get("Code") != "ServiceUnavailable" or len(body["Message"]) < 20:
            raise AssertionError(f"{mutation.action} {mutation.parameters}: {status} {body}")
        self.refusals[body["Message"]] += 1
        return False

    def run(self, over):
        self.calls.connection.close()
        try:
            while not over.is_set():
                if not self.step():
                    time.sleep(0.01)
        except Lost:
            pass
        except Exception as error:  # told by the main thread
            self.problem = f"{type(error).__name__}: {error}"


class Storm:
    def __init__(self, port, key, scene, seed, workers=6):
        self.workers = [Worker(number, port, key, scene, f"{seed}/{number}")
                        for number in range(workers)]

    def start(self):
        self.over = threading.Event()
        self.threads = [threading.Thread(target=worker.run, args=(self.over,))
                        for worker in self.workers]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(40)
        problems = [worker.problem for worker in self.workers if worker.problem]
        assert not problems, "\n".join(problems)

    def repeat_unknown(self):
        """What had no answer gets one now."""
        for worker in self.workers:
            if worker.pending is not None:
                worker.calls.connection.close()  # it may be of a process that is gone
                assert worker.step(), worker.refusals

    def answered(self):
        return sum(len(worker.done) for worker in self.workers)

    def refused(self):
        return sum((worker.refusals for worker in self.workers), Counter())
