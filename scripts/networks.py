"""Gives each member of a cluster a network of its own, and loses packets between them: for `scripts/cluster`.

Each member lives in a network namespace with one address; a bridge in a namespace of its own joins them, and this
machine, whose name among them is `client`. Everybody knows the hardware address of everybody by heart. Packets from one
to another are lost by a wrong one: silently, in this direction only, on connections that are open too.
"""
import random
import subprocess

CLIENT = "client"
# A hardware address that nobody has.
NOBODY = "02:00:c6:12:ff:ff"
ATTEMPTS = 50


def ip(*arguments, batch=None):
    subprocess.run(
        ["ip", *arguments, *(["-batch", "-"] if batch else [])], check=True, text=True,
        input="\n".join(batch) if batch else None)


class Networks:
    """`state` is what `cluster.json` keeps of them: a number, and the namespace and address of each member."""

    def __init__(self, state):
        self.state = state

    @staticmethod
    def make(members):
        """Makes a network for each of `members`, and one in this machine's own namespace."""
        number = Networks.claim_number()
        state = {"number": number, "hosts": {}}
        networks = Networks(state)
        hub = f"apus-{number}"
        try:
            ip("-n", hub, batch=["link add bridge type bridge", "link set bridge up"])
            for index, name in enumerate([CLIENT, *members]):
                namespace = None if name == CLIENT else f"{hub}-{index}"
                device = hub if name == CLIENT else "eth0"
                state["hosts"][name] = {
                    "namespace": namespace, "device": device, "address": f"198.18.{number}.{index + 1}",
                    "hardware": f"02:00:c6:12:{number:02x}:{index + 1:02x}",
                }
                networks.join(hub, index, state["hosts"][name])
            networks.lose(set())
        except BaseException:
            networks.remove()
            raise
        return networks

    @staticmethod
    def claim_number():
        """The first namespace is the claim: several clusters may be made at once."""
        for _ in range(ATTEMPTS):
            number = random.randrange(256)
            made = subprocess.run(
                ["ip", "netns", "add", f"apus-{number}"], check=False, stderr=subprocess.PIPE, text=True)
            if made.returncode == 0:
                return number
            if "File exists" not in made.stderr:
                raise OSError(f"no network namespace can be made: {made.stderr.strip()}")
        raise OSError("there is no room for another cluster with networks: remove some of `ip netns list`")

    @staticmethod
    def join(hub, index, host):
        """Connects a member with the bridge."""
        inside, device = host["namespace"], host["device"]
        if inside:
            ip("netns", "add", inside)
        place = ["-n", inside] if inside else []
        ip(*place, batch=[
            f"link add {device} address {host['hardware']} type veth peer name port{index} netns {hub}",
            f"address add {host['address']}/24 dev {device}", f"link set {device} up",
            *(["link set lo up"] if inside else []),
        ])
        ip("-n", hub, batch=[f"link set port{index} master bridge", f"link set port{index} up"])

    def address(self, name):
        return self.state["hosts"][name]["address"]

    def prefix(self, name):
        """What has a command run in the network of a member."""
        return ["nsenter", f"--net=/run/netns/{self.state['hosts'][name]['namespace']}", "--"]

    def lose(self, pairs):
        """Loses the packets from the first of each of `pairs` to the second, and no others."""
        hosts = self.state["hosts"]
        for name, host in hosts.items():
            ip(*(["-n", host["namespace"]] if host["namespace"] else []), batch=[
                f"neighbour replace {other['address']} dev {host['device']} nud permanent lladdr "
                + (NOBODY if (name, peer) in pairs else other["hardware"])
                for peer, other in hosts.items() if peer != name
            ])

    def pairs(self, directions):
        """Reads `a,b>c`: packets from a and from b to c; `*` is everybody else."""
        found = set()
        for direction in directions:
            ends = [side.split(",") for side in direction.split(">")]
            if len(ends) != 2:
                raise ValueError(f"\"{direction}\" is no direction: write FROM>TO")
            for name in [name for end in ends for name in end]:
                if name != "*" and name not in self.state["hosts"]:
                    raise ValueError(f"there is no {name}: one of {', '.join(self.state['hosts'])}")
            named = {name for end in ends for name in end}
            senders, receivers = (
                {name for name in self.state["hosts"] if name in end or ("*" in end and name not in named)}
                for end in ends)
            found |= {(sender, receiver) for sender in senders for receiver in receivers if sender != receiver}
        return found

    def remove(self):
        """Removes every namespace; what is in them goes along once the processes there have ended."""
        hub = f"apus-{self.state['number']}"
        for namespace in [host["namespace"] for host in self.state["hosts"].values() if host["namespace"]] + [hub]:
            subprocess.run(["ip", "netns", "delete", namespace], check=False, stderr=subprocess.DEVNULL)
