{{/*
The pod of a workload. Arguments: root, component, values (the workload's block, extras already where they belong), shape.

Shape: image; args; ports [{name, port}]; environment, volumes, mounts, initContainers (as in a pod); probes (as in a
container); identity (whether REL-<component>-tls is mounted); config (whether ConfigMap REL-<component> is).
*/}}
{{- define "ers-lib.pod" -}}
{{- $root := .root }}{{- $component := .component }}{{- $values := .values }}{{- $shape := .shape }}
{{- $name := printf "%s-%s" $root.Release.Name $component }}
{{- $image := include "ers-lib.image" (dict "root" $root "image" $values.image "repository" $shape.image) | fromYaml }}
serviceAccountName: {{ $name }}
automountServiceAccountToken: {{ $shape.kubernetes | default false }}
enableServiceLinks: false
terminationGracePeriodSeconds: 45
securityContext:
  {{- include "ers-lib.podSecurity" $root | nindent 2 }}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or $shape.initContainers $values.extraInitContainers }}
initContainers:
  {{- with $shape.initContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- range $values.extraInitContainers }}
  {{- include "ers-lib.foreignContainer" . | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  - name: {{ $component }}
    image: {{ $image.reference }}
    imagePullPolicy: {{ $image.pullPolicy }}
    {{- with $shape.args }}
    args:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with concat (default (list) $shape.environment) $values.extraEnvs }}
    env:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $shape.environmentFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    ports:
      {{- range $shape.ports }}
      - name: {{ .name }}
        containerPort: {{ .port }}
        protocol: TCP
      {{- end }}
    {{- toYaml $shape.probes | nindent 4 }}
    {{- if and (not $shape.foreign) (semverCompare ">=1.30-0" $root.Capabilities.KubeVersion.Version) }}
    # until every proxy has heard that this pod is leaving, it goes on answering
    lifecycle:
      preStop:
        sleep:
          seconds: 5
    {{- end }}
    {{- with $values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- include "ers-lib.containerSecurity" $root | nindent 6 }}
    volumeMounts:
      {{- if $shape.config }}
      - { name: config, mountPath: /etc/ers/config, readOnly: true }
      {{- end }}
      {{- if $shape.identity }}
      - { name: identity, mountPath: /etc/ers/identity, readOnly: true }
      {{- end }}
      - { name: tmp, mountPath: /tmp }
      {{- with concat (default (list) $shape.mounts) $values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  {{- range $values.extraContainers }}
  {{- include "ers-lib.foreignContainer" . | nindent 2 }}
  {{- end }}
volumes:
  {{- if $shape.config }}
  - name: config
    configMap:
      name: {{ $name }}
  {{- end }}
  {{- if $shape.identity }}
  - name: identity
    secret:
      secretName: {{ $name }}-tls
      defaultMode: 0440
  {{- end }}
  - name: tmp
    emptyDir: { sizeLimit: 256Mi }
  {{- with concat (default (list) $shape.volumes) $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- with $values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "ers-lib.selector" (dict "root" $root "component" $component) | nindent 8 }}
  {{- end }}
  {{- end }}
{{- end }}

{{/* Probes of every service of ERS, on its health port. */}}
{{- define "ers-lib.probes" -}}
# schemas are brought up to date before a service listens: on a large database that may take minutes
startupProbe:
  httpGet: { path: /health/live, port: health }
  periodSeconds: 2
  failureThreshold: 300
livenessProbe:
  httpGet: { path: /health/live, port: health }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /health/ready, port: health }
  periodSeconds: 5
  timeoutSeconds: 3
{{- end }}
