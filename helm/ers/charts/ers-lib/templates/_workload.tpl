{{/*
A workload with everything that goes with it: ServiceAccount, Service, Deployment or StatefulSet, autoscaler, disruption
budget. Arguments: root, component, values, shape (see _pod.tpl; also: kind, checksum).
*/}}
{{- define "ers-lib.workload" -}}
{{- $root := .root }}{{- $component := .component }}{{- $values := .values }}{{- $shape := .shape }}
{{- $name := printf "%s-%s" $root.Release.Name $component }}
{{- $image := include "ers-lib.image" (dict "root" $root "image" $values.image "repository" $shape.image) | fromYaml }}
{{- $metadata := include "ers-lib.metadata" (dict "root" $root "component" $component "suffix" "") }}
{{- $selector := include "ers-lib.selector" (dict "root" $root "component" $component) }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- $metadata | nindent 2 }}
automountServiceAccountToken: false
---
{{- if $shape.ports }}
apiVersion: v1
kind: Service
metadata:
  {{- $metadata | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- $selector | nindent 4 }}
  ports:
    {{- range $shape.ports }}
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
      protocol: TCP
      {{- with .appProtocol }}
      appProtocol: {{ . }}
      {{- end }}
    {{- end }}
---
{{- end }}
apiVersion: apps/v1
kind: {{ $shape.kind }}
metadata:
  {{- $metadata | nindent 2 }}
    app.kubernetes.io/version: {{ $image.tag | trunc 63 | quote }}
  {{- with $root.Values.commonAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas | int }}
  {{- end }}
  revisionHistoryLimit: 5
  {{- if eq $shape.kind "StatefulSet" }}
  serviceName: {{ $name }}
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  {{- end }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- mergeOverwrite (dict) (deepCopy (default (dict) $values.podLabels)) ($selector | fromYaml) (dict "app.kubernetes.io/version" ($image.tag | trunc 63)) | toYaml | nindent 8 }}
      annotations:
        checksum/config: {{ $shape.checksum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "ers-lib.pod" (dict "root" $root "component" $component "values" $values "shape" $shape) | nindent 6 }}
{{- if $values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- $metadata | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: {{ $shape.kind }}
    name: {{ $name }}
  minReplicas: {{ $values.autoscaling.minReplicas | int }}
  maxReplicas: {{ $values.autoscaling.maxReplicas | int }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $values.autoscaling.targetCPUUtilizationPercentage | int }}
{{- end }}
{{- if and $values.podDisruptionBudget.enabled (or $values.autoscaling.enabled (gt ($values.replicas | int) 1)) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- $metadata | nindent 2 }}
spec:
  maxUnavailable: {{ $values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
{{- end }}
{{- end }}
