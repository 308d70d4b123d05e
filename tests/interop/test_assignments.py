"""Who may use which server: a stock client whose user loses the right is gone within two seconds."""
import time

import pytest

from lab import VPC_HOST, until
from staff import Office

GONE_SECONDS = 2


@pytest.fixture
def office(lab):
    office = Office(lab)
    call = lambda action, **parameters: lab.call(action, RegionId="local", **parameters)
    office.call = call
    office.group = call("CreateIDaaSGroup", IDaaSInstanceId=office.instance,
                        Name="desk")["GroupId"]
    office.application = call("CreateIDaaSApplication", IDaaSInstanceId=office.instance,
                              Name="vpn")["IDaaSApplicationId"]
    lab.call("ModifySslVpnServer", RegionId="local", SslVpnServerId=lab.server_id,
             IDaaSApplicationId=office.application, IDaaSRegionId="cn-hangzhou")
    lab.wait_active()
    return office


def assign(office, **subjects):
    office.call("AuthorizeIDaaSApplication", IDaaSApplicationId=office.application,
                **{name.replace("_", "."): value for name, value in subjects.items()})


def connected(lab, office, name):
    laptop = lab.laptop()
    laptop.connect(office.bundle, *office.credentials(laptop, name), "--auth-retry", "none")
    laptop.ping(VPC_HOST)
    return laptop


def gone_after(lab, office, name, action, **parameters):
    """Seconds from the answer of `action` until the user's client is off."""
    office.call(action, **parameters)
    began = time.monotonic()
    until(f"{name} is gone", lambda: name not in [c["UserName"] for c in lab.clients()
                                                  if c["Status"] == "online"], 10)
    return time.monotonic() - began


def test_who_is_not_assigned_is_refused_by_name_and_who_no_longer_is_goes_at_once(lab, office):
    for name in ("anna", "berta", "carla", "dora", "egon"):
        office.user(name)
    office.bundle = lab.bundle(lab.certificate())
    assign(office, UserId_1=office.ids["anna"], UserId_2=office.ids["carla"],
           UserId_3=office.ids["dora"], GroupId_1=office.group)
    office.call("AddUsersToIDaaSGroup", GroupId=office.group, **{"UserId.1": office.ids["berta"]})

    stranger = lab.laptop()
    stranger.connect(office.bundle, *office.credentials(stranger, "egon"), "--auth-retry", "none",
                     wait=False)
    stranger.wait_log("AUTH_FAILED,this user is not assigned to this server")
    assert stranger.connects() == 0
    lab.log_line("login_unassigned")

    stays = connected(lab, office, "anna")
    leaving = {
        "berta": ("RemoveUsersFromIDaaSGroup",
                  {"GroupId": office.group, "UserId.1": office.ids["berta"]}),
        "carla": ("RevokeIDaaSApplication",
                  {"IDaaSApplicationId": office.application, "UserId.1": office.ids["carla"]}),
        "dora": ("DeleteIDaaSUser", {"UserId": office.ids["dora"]}),
    }
    for name, (action, parameters) in leaving.items():
        laptop = connected(lab, office, name)
        took = gone_after(lab, office, name, action, **parameters)
        assert took <= GONE_SECONDS, f"{action}: {took:.1f} s"
        laptop.wait_log("AUTH_FAILED", timeout=10)
        laptop.stop()
        laptop.connect(office.bundle, *office.credentials(laptop, name), "--auth-retry", "none",
                       wait=False)
        laptop.wait_log("AUTH_FAILED", timeout=30)
        assert laptop.connects() == 0, "it may not come back either"
    stays.ping(VPC_HOST)
    took = gone_after(lab, office, "anna", "ModifyIDaaSUser", UserId=office.ids["anna"],
                      Enabled="false")
    assert took <= GONE_SECONDS
