// A Kubernetes API to test the chart in: kube-apiserver, and the etcd that it keeps its objects in, as one program. It is
// started under one of the two names, as links of the folder that scripts/cluster.sh makes.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(app.NewAPIServerCommand()))
	default:
		fmt.Fprintf(os.Stderr, "this is etcd or kube-apiserver, by the name that it is started under, not %q\n", name)
		os.Exit(2)
	}
}
