{{/* Every workload: its block of the values, its identity, whether it keeps tables and in which database. */}}
{{- define "ers.table" -}}
signer: { block: signer, identity: signer, database: signerdb }
cara-ws-server: { block: ws, identity: cara-ws, database: caradb }
cara-admin: { block: caraAdmin, identity: cara-admin }
clm-server: { block: clm, identity: clm-api, database: clmdb }
clm-ui: { block: clmUi, identity: clm-ui }
rev-info: { block: revInfo, identity: rev-info }
acme-server: { block: acme, identity: acme, client: acmeServer, database: acmedb }
est-server: { block: est, identity: est, client: estServer }
cmp-server: { block: cmp, identity: cmp, client: cmpServer, database: cmpdb }
scep-server: { block: scep, identity: scep, client: scepServer, database: scepdb }
aec-server: { block: aec, identity: aec, client: aecServer }
operator: { block: operator, identity: operator }
keycloak: { block: keycloak }
{{- end }}

{{/* What is installed, as a YAML list. Argument: the root context. */}}
{{- define "ers.components" -}}
{{- $root := . }}
{{- range $component, $about := include "ers.table" . | fromYaml }}
{{- $block := index $root.Values $about.block }}
{{- $on := ternary (index $root.Values.ers.clmClients (default "acmeServer" $about.client)).enabled true (hasKey $about "client") }}
{{- if and $on (ternary $block.enabled true (hasKey $block "enabled")) }}
- {{ $component }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether a component is installed: text that is empty when not. Arguments: root, component. */}}
{{- define "ers.has" -}}
{{- if has .component (include "ers.components" .root | fromYamlArray) }}yes{{ end }}
{{- end }}

{{/*
The block of a component. With an HSM the pod extras under `ws` go to the signer, but for those that `signer` has itself:
operators know `ws` as the block of the pod that loads the Cryptoki library. Arguments: root, component.
*/}}
{{- define "ers.values" -}}
{{- $root := .root }}
{{- $about := index (include "ers.table" .root | fromYaml) .component }}
{{- $values := deepCopy (index .root.Values $about.block) }}
{{- if and (include "ers.hsm" .root) (has .component (list "signer" "cara-ws-server")) }}
{{- range $key := list "extraVolumes" "extraVolumeMounts" "extraEnvs" "extraInitContainers" "extraContainers" "tolerations" "nodeSelector" "affinity" }}
{{- if not (index $root.Values.signer $key) }}
{{- $moved := index $root.Values.ws $key }}
{{- $none := ternary (dict) (list) (kindIs "map" $moved) }}
{{- $_ := set $values $key (ternary $moved $none (eq $.component "signer")) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $values }}
{{- end }}

{{/* Address of a component inside the cluster. Arguments: root, component, port. */}}
{{- define "ers.address" -}}
{{ .root.Release.Name }}-{{ .component }}:{{ .port }}
{{- end }}

{{/* A value that was given; else the one that the Secret has already; else a new random one. Arguments: root, secret, key, given. */}}
{{- define "ers.kept" -}}
{{- if .given }}{{ .given }}
{{- else }}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .secret }}
{{- $held := index (default (dict) (default (dict) $found).data) .key }}
{{- if $held }}{{ $held | b64dec }}{{ else }}{{ randAlphaNum 32 }}{{ end }}
{{- end }}
{{- end }}

{{/* Components with an identity, and its name: the services, the ingress towards them, and the administrator of the init job. Argument: the root context. */}}
{{- define "ers.identities" -}}
{{- $root := . }}
{{- range $component := include "ers.components" . | fromYamlArray }}
{{- with (index (include "ers.table" $root | fromYaml) $component).identity }}
{{ $component }}: {{ . }}
{{- end }}
{{- end }}
ingress-client: ingress
administrator: administrator
{{- end }}
