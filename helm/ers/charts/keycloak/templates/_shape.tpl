{{/*
Keycloak, the upstream image. It builds itself anew for its database when it starts, so that folder is a copy that it may
write. Argument: the root context.
*/}}
{{- define "keycloak.shape" -}}
{{- $image := include "ers-lib.image" (dict "root" . "image" .Values.keycloak.image "repository" "keycloak") | fromYaml }}
kind: StatefulSet
image: keycloak
foreign: true
args: ["start", "--import-realm"]
ports:
  - { name: http, port: 8080 }
  - { name: management, port: 9000 }
environmentFrom:
  - configMapRef: { name: {{ .Release.Name }}-keycloak }
  - configMapRef: { name: {{ .Release.Name }}-keycloak-init }
environment:
  {{- include "ers.keycloak.environment" . | nindent 2 }}
mounts:
  - { name: realm, mountPath: /opt/keycloak/data/import, readOnly: true }
  - { name: quarkus, mountPath: /opt/keycloak/lib/quarkus }
  - { name: transaction-logs, mountPath: /opt/keycloak/data/transaction-logs }
volumes:
  - name: realm
    configMap:
      name: {{ .Release.Name }}-keycloak-realm-json
  - name: quarkus
    emptyDir: {}
  - name: transaction-logs
    emptyDir: {}
initContainers:
  - name: copy-quarkus
    image: {{ $image.reference }}
    imagePullPolicy: {{ $image.pullPolicy }}
    command: ["cp", "-r", "/opt/keycloak/lib/quarkus/.", "/quarkus"]
    securityContext:
      {{- include "ers-lib.containerSecurity" . | nindent 6 }}
    resources:
      requests: { cpu: 10m, memory: 16Mi }
      limits: { memory: 64Mi }
    volumeMounts:
      - { name: quarkus, mountPath: /quarkus }
probes:
  startupProbe:
    httpGet: { path: /auth/health/started, port: management }
    periodSeconds: 5
    # it builds itself for its database and makes its schema: more than a minute of CPU
    failureThreshold: 180
  livenessProbe:
    httpGet: { path: /auth/health/live, port: management }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  readinessProbe:
    httpGet: { path: /auth/health/ready, port: management }
    periodSeconds: 10
    timeoutSeconds: 5
{{- end }}
