package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	sb "github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	sbadmin "github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/coder/websocket"
)

// How long anything may take before it is said not to have happened.
const wait = 30 * time.Second

type conn struct{ *sb.Client }

func within(time time.Duration) context.Context {
	ctx, end := context.WithTimeout(context.Background(), time)
	context.AfterFunc(ctx, end)
	return ctx
}

// together runs so many of the same at once; one that fails ends the case.
func together(count int, work func(which int)) {
	causes := make(chan any)
	for which := range count {
		go func() {
			defer func() { causes <- recover() }()
			work(which)
		}()
	}
	var last any
	for range count {
		if cause := <-causes; cause != nil {
			last = cause
		}
	}
	if last != nil {
		panic(last)
	}
}

func connect(connection string) *conn {
	options := &sb.ClientOptions{
		RetryOptions: sb.RetryOptions{MaxRetries: 1, RetryDelay: 200 * time.Millisecond},
	}
	if authority != "-" {
		options.TLSConfig = trust(authority)
		options.CustomEndpoint = host
	}
	client, err := sb.NewClientFromConnectionString(connection, options)
	must(err)
	return &conn{client}
}

func trust(authority string) *tls.Config {
	pem, err := os.ReadFile(authority)
	must(err)
	pool := x509.NewCertPool()
	check(pool.AppendCertsFromPEM(pem), "a certificate")
	// The client would take the port for a part of the name.
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// overWebSocket connects to SDK_HTTPS; the client leaves dialling to its user.
func overWebSocket() *conn {
	transport := &http.Transport{TLSClientConfig: trust(os.Getenv("SDK_CA"))}
	dial := func(ctx context.Context, args sb.NewWebSocketConnArgs) (net.Conn, error) {
		to, err := url.Parse(args.Host)
		if err != nil {
			return nil, err
		}
		to.Host = os.Getenv("SDK_HTTPS")
		options := &websocket.DialOptions{
			HTTPClient:   &http.Client{Transport: transport},
			Subprotocols: []string{"amqp"},
		}
		connection, _, err := websocket.Dial(ctx, to.String(), options)
		if err != nil {
			return nil, err
		}
		connection.SetReadLimit(-1)
		whole := context.Background()
		return websocket.NetConn(whole, connection, websocket.MessageBinary), nil
	}
	secure := strings.Replace(connection, ";UseDevelopmentEmulator=true", "", 1)
	options := &sb.ClientOptions{NewWebSocketConn: dial}
	client, err := sb.NewClientFromConnectionString(secure, options)
	must(err)
	return &conn{client}
}

// plain sends what the client means for https to the address for administration, as
// the emulator's samples do.
type plain struct{}

func (plain) Do(request *http.Request) (*http.Response, error) {
	to, err := url.Parse(admin)
	if err != nil {
		return nil, err
	}
	request.URL.Scheme, request.URL.Host, request.Host = to.Scheme, to.Host, to.Host
	return http.DefaultClient.Do(request)
}

func administer(connection string) *sbadmin.Client {
	options := &sbadmin.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: plain{},
	}}
	options.Retry.MaxRetries = -1
	client, err := sbadmin.NewClientFromConnectionString(connection, options)
	must(err)
	return client
}

func asPolicy(name, key string) string {
	named := strings.Replace(connection, "RootManageSharedAccessKey", name, 1)
	return strings.Replace(named, "SAS_KEY_VALUE", key, 1)
}

// signature is a connection string with a token instead of a key.
func signature(queue string, expires time.Time) string {
	resource := url.QueryEscape(fmt.Sprintf("sb://%s/%s", host, queue))
	mac := hmac.New(sha256.New, []byte("SAS_KEY_VALUE"))
	fmt.Fprintf(mac, "%s\n%d", resource, expires.Unix())
	sig := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	token := fmt.Sprintf(
		"SharedAccessSignature sr=%s&sig=%s&se=%d&skn=RootManageSharedAccessKey",
		resource, sig, expires.Unix(),
	)
	emulator := ""
	if authority == "-" {
		emulator = ";UseDevelopmentEmulator=true"
	}
	return fmt.Sprintf("Endpoint=sb://%s;SharedAccessSignature=%s%s", host, token, emulator)
}

func text(words string) *sb.Message { return &sb.Message{Body: []byte(words)} }

func numbers(count int) []string {
	all := make([]string, count)
	for n := range all {
		all[n] = fmt.Sprint(n)
	}
	return all
}

func bodies(messages []*sb.ReceivedMessage) []string {
	all := []string{}
	for _, message := range messages {
		all = append(all, string(message.Body))
	}
	return all
}

func (c *conn) sender(queue string) *sb.Sender {
	sender, err := c.NewSender(queue, nil)
	must(err)
	return sender
}

func (c *conn) receiver(queue string) *sb.Receiver {
	receiver, err := c.NewReceiverForQueue(queue, nil)
	must(err)
	return receiver
}

// dead is a receiver of the queue's dead letters.
func (c *conn) dead(queue string) *sb.Receiver {
	options := &sb.ReceiverOptions{SubQueue: sb.SubQueueDeadLetter}
	receiver, err := c.NewReceiverForQueue(queue, options)
	must(err)
	return receiver
}

func (c *conn) send(queue string, messages ...any) {
	sender := c.sender(queue)
	defer sender.Close(within(wait))
	for _, message := range messages {
		if words, ok := message.(string); ok {
			message = text(words)
		}
		must(sender.SendMessage(within(wait), message.(*sb.Message), nil))
	}
}

// receive gets so many messages, or fails.
func receive(receiver *sb.Receiver, count int) []*sb.ReceivedMessage {
	var got []*sb.ReceivedMessage
	ctx := within(wait)
	for len(got) < count {
		some, err := receiver.ReceiveMessages(ctx, count-len(got), nil)
		if err != nil {
			fail("%d of %d messages came: %v", len(got), count, err)
		}
		got = append(got, some...)
	}
	return got
}

// take receives, completes and closes.
func take(receiver *sb.Receiver, count int) []*sb.ReceivedMessage {
	got := receive(receiver, count)
	for _, message := range got {
		must(receiver.CompleteMessage(within(wait), message, nil))
	}
	must(receiver.Close(within(wait)))
	return got
}

// look shows everything in the queue, whatever its state.
func look(receiver *sb.Receiver) []*sb.ReceivedMessage {
	from := int64(1)
	options := &sb.PeekMessagesOptions{FromSequenceNumber: &from}
	seen, err := receiver.PeekMessages(within(wait), 100, options)
	must(err)
	return seen
}

func nothingIn(receiver *sb.Receiver) {
	same(bodies(look(receiver)), []string{})
}

// refused expects the client's error of this code.
func refused(code sb.Code, err error) {
	var known *sb.Error
	if !errors.As(err, &known) || known.Code != code {
		fail("wanted %s, got %T: %v", code, err, err)
	}
}

func until(what string, seen func() bool) {
	ends := time.Now().Add(wait)
	for !seen() {
		check(time.Now().Before(ends), what, "not within", wait)
		time.Sleep(100 * time.Millisecond)
	}
}
