"""ERS as on a cluster: each service a process of its own with its own YAML file, Redis, keys on a SoftHSM2 token, and
nginx in front with TLS and the paths of the ingress."""

from .platform import Platform


class ManyProcesses(Platform):
    """Signer, CARA, CLM, rev-info, ACME and nginx."""

    def __init__(self, form, folder, dns, database, redis):
        super().__init__(form, folder, dns, database)
        self.redis = redis
