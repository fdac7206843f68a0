{{/*
The signer. Each replica writes a chain of the journal of its own, so each has a configuration of its own: the kubelet
puts the pod's name in place of $(POD_NAME). Argument: the root context.
*/}}
{{- define "signer.shape" -}}
kind: StatefulSet
image: signer
config: true
identity: true
args: ["--config", "/etc/ers/config/$(POD_NAME).yaml"]
ports:
  - { name: grpc, port: 9443, appProtocol: grpc }
  - { name: health, port: 9090 }
environment:
  - name: POD_NAME
    valueFrom:
      fieldRef: { fieldPath: metadata.name }
  {{- include "ers.environment" (dict "root" . "component" "signer") | nindent 2 }}
mounts:
  - { name: signer-secrets, mountPath: /etc/ers/secrets, readOnly: true }
volumes:
  - name: signer-secrets
    secret:
      secretName: {{ include "ers.hsm.secret" . }}
      defaultMode: 0440
probes:
  {{- include "ers-lib.probes" . | nindent 2 }}
{{- end }}
