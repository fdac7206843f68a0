// lego with renewal information (RFC 9773): Debian's does not know it yet, and lego's own program brings the providers of
// every DNS service along. This is its library, with what its program does for one name by http-01:
//
//	lego-ari DIRECTORY FOLDER ADDRESS NAME
//
// Without a certificate in FOLDER it obtains one. With one it asks when to renew, waits for that moment when it lies within
// a minute, and renews. It says what it did: obtained, renewed, or waits until when.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/go-acme/lego/v4/certcrypto"
	"github.com/go-acme/lego/v4/certificate"
	"github.com/go-acme/lego/v4/challenge/http01"
	"github.com/go-acme/lego/v4/lego"
	"github.com/go-acme/lego/v4/registration"
)

const willingToSleep = time.Minute

type account struct {
	key          crypto.PrivateKey
	registration *registration.Resource
}

func (a *account) GetEmail() string                        { return "operator@example.test" }
func (a *account) GetRegistration() *registration.Resource { return a.registration }
func (a *account) GetPrivateKey() crypto.PrivateKey        { return a.key }

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: lego-ari DIRECTORY FOLDER ADDRESS NAME")
		os.Exit(2)
	}
	did, err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(did)
}

func run(directory, folder, address, name string) (string, error) {
	client, err := open(directory, folder, address)
	if err != nil {
		return "", err
	}
	wish := certificate.ObtainRequest{Domains: []string{name}, Bundle: true}
	file := filepath.Join(folder, "cert.pem")
	before, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return "obtained", obtain(client, wish, file)
	}
	if err != nil {
		return "", err
	}
	leaf, err := certcrypto.ParsePEMCertificate(before)
	if err != nil {
		return "", err
	}
	info, err := client.Certificate.GetRenewalInfo(certificate.RenewalInfoRequest{Cert: leaf})
	if err != nil {
		return "", err
	}
	moment := info.ShouldRenewAt(time.Now(), willingToSleep)
	if moment == nil {
		return "waits until " + info.SuggestedWindow.Start.UTC().Format(time.RFC3339), nil
	}
	time.Sleep(time.Until(*moment))
	if wish.ReplacesCertID, err = certificate.MakeARICertID(leaf); err != nil {
		return "", err
	}
	return "renewed", obtain(client, wish, file)
}

// open has an account, which stays the same, and proves names where it is told to.
func open(directory, folder, address string) (*lego.Client, error) {
	user, err := load(filepath.Join(folder, "account.key"))
	if err != nil {
		return nil, err
	}
	config := lego.NewConfig(user)
	config.CADirURL = directory
	config.Certificate.KeyType = certcrypto.EC256
	client, err := lego.NewClient(config)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if err := client.Challenge.SetHTTP01Provider(http01.NewProviderServer(host, port)); err != nil {
		return nil, err
	}
	// the same key has the same account (RFC 8555 section 7.3)
	user.registration, err = client.Registration.Register(registration.RegisterOptions{TermsOfServiceAgreed: true})
	return client, err
}

func load(file string) (*account, error) {
	if kept, err := os.ReadFile(file); err == nil {
		key, err := certcrypto.ParsePEMPrivateKey(kept)
		return &account{key: key}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return &account{key: key}, os.WriteFile(file, certcrypto.PEMEncode(key), 0o600)
}

func obtain(client *lego.Client, wish certificate.ObtainRequest, file string) error {
	made, err := client.Certificate.Obtain(wish)
	if err != nil {
		return err
	}
	return os.WriteFile(file, made.Certificate, 0o600)
}
