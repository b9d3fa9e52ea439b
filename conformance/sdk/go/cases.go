package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	sb "github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	sbadmin "github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/Azure/go-amqp"
)

var cases = []named{
	// Sending.
	{"send_one", func(c *conn, queue string) {
		sent := &sb.Message{
			Body:                  []byte(`{"sbd": "æøå"}`),
			ApplicationProperties: map[string]any{"tekst": "æøå", "tall": int64(42)},
			ContentType:           to.Ptr("application/json"),
			CorrelationID:         to.Ptr("c-1"),
			MessageID:             to.Ptr("m-1"),
			PartitionKey:          to.Ptr("p-1"),
			ReplyTo:               to.Ptr("svar"),
			ReplyToSessionID:      to.Ptr("økt"),
			Subject:               to.Ptr("emne"),
			TimeToLive:            to.Ptr(time.Hour),
			To:                    to.Ptr("noen"),
		}
		c.send(queue, sent)
		got := take(c.receiver(queue), 1)[0]
		same(string(got.Body), string(sent.Body))
		same(got.ApplicationProperties, sent.ApplicationProperties)
		same(*got.ContentType, "application/json")
		same(*got.CorrelationID+got.MessageID, "c-1m-1")
		same(*got.PartitionKey+*got.ReplyTo+*got.ReplyToSessionID, "p-1svarøkt")
		same(*got.Subject+*got.To, "emnenoen")
		same(*got.TimeToLive, time.Hour)
		same(got.ExpiresAt.Sub(*got.EnqueuedTime), time.Hour)
		// This client counts from one.
		same(got.DeliveryCount, 1)
		same(*got.SequenceNumber, 1)
		check(got.LockedUntil.After(*got.EnqueuedTime), "a lock")
		check(time.Since(*got.EnqueuedTime).Abs() < time.Minute, got.EnqueuedTime)
		nothingIn(c.receiver(queue))
	}},
	{"send_without_id", func(c *conn, queue string) {
		c.send(queue, "x")
		got := take(c.receiver(queue), 1)[0]
		check(got.MessageID != "", "an id")
		nothingIn(c.receiver(queue))
	}},
	{"send_list_and_batch", func(c *conn, queue string) {
		sender := c.sender(queue)
		for _, some := range [][]string{numbers(100)[:50], numbers(100)[50:]} {
			batch, err := sender.NewMessageBatch(within(wait), nil)
			must(err)
			for _, words := range some {
				must(batch.AddMessage(text(words), nil))
			}
			must(sender.SendMessageBatch(within(wait), batch, nil))
		}
		same(bodies(take(c.receiver(queue), 100)), numbers(100))
	}},
	{"send_many_at_once", func(c *conn, queue string) {
		sender := c.sender(queue)
		errs := make(chan error)
		for _, words := range numbers(500) {
			go func() { errs <- sender.SendMessage(within(wait), text(words), nil) }()
		}
		for range 500 {
			must(<-errs)
		}
		same(sorted(bodies(take(c.receiver(queue), 500))), numbers(500))
	}},
	{"send_from_eight", func(c *conn, queue string) {
		together(8, func(own int) {
			for n := range 20 {
				c.send(queue, fmt.Sprintf("%d-%d", own, n))
			}
		})
		got := bodies(take(c.receiver(queue), 160))
		for own := range 8 {
			next := 0
			for _, words := range got {
				if strings.HasPrefix(words, fmt.Sprintf("%d-", own)) {
					same(words, fmt.Sprintf("%d-%d", own, next))
					next++
				}
			}
			same(next, 20)
		}
	}},
	{"send_bodies", func(c *conn, queue string) {
		for _, size := range []int{0, 1, 65_536, 256 * 1024, 1024 * 1024, 4_900_000} {
			body := make([]byte, size)
			for n := range body {
				body[n] = byte(n * 7 % 251)
			}
			c.send(queue, &sb.Message{Body: body})
			got := take(c.receiver(queue), 1)[0]
			check(bytes.Equal(got.Body, body), size)
		}
	}},
	{"send_body_kinds", func(c *conn, queue string) {
		kinds := []sb.AMQPAnnotatedMessageBody{
			{Data: [][]byte{[]byte("en"), []byte("to")}},
			{Value: map[string]any{"a": int64(1), "æ": "tekst"}},
			{Value: []any{int64(1), "to", true}},
			{Value: "tekst"},
			{Value: 7.5},
			{Sequence: [][]any{{int64(1), "to"}, {int64(3)}}},
		}
		sender := c.sender(queue)
		for _, kind := range kinds {
			message := &sb.AMQPAnnotatedMessage{Body: kind}
			must(sender.SendAMQPAnnotatedMessage(within(wait), message, nil))
		}
		for n, got := range take(c.receiver(queue), len(kinds)) {
			same(fmt.Sprint(got.RawAMQPMessage.Body), fmt.Sprint(kinds[n]))
		}
	}},
	{"send_property_types", func(c *conn, queue string) {
		sent := map[string]any{
			"boolean": true, "ubyte": uint8(200), "ushort": uint16(60_000),
			"uint": uint32(4_000_000_000), "ulong": uint64(1) << 63,
			"byte": int8(-100), "short": int16(-30_000), "int": int32(-2_000_000_000),
			"long": int64(-1) << 62, "float": float32(1.5), "double": 2.25,
			"timestamp": time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC),
			"uuid":      amqp.UUID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
			"binary":    []byte{0, 255}, "string": "blåbærsyltetøy", "null": nil,
		}
		c.send(queue, &sb.Message{Body: []byte("x"), ApplicationProperties: sent})
		got := take(c.receiver(queue), 1)[0].ApplicationProperties
		at, _ := got["timestamp"].(time.Time)
		got["timestamp"] = at.UTC()
		for name := range sent {
			same(got[name], sent[name])
		}
		same(len(got), len(sent))
	}},
	{"send_too_large", func(c *conn, queue string) {
		sender := c.sender(queue)
		large := &sb.Message{Body: make([]byte, 6*1024*1024)}
		err := sender.SendMessage(within(wait), large, nil)
		check(errors.Is(err, sb.ErrMessageTooLarge), err)
		must(sender.SendMessage(within(wait), text("liten"), nil))
		same(bodies(take(c.receiver(queue), 1)), []string{"liten"})
		nothingIn(c.receiver(queue))
	}},
	{"send_batch_too_large", func(c *conn, queue string) {
		batch, err := c.sender(queue).NewMessageBatch(within(wait), nil)
		must(err)
		for range 6 {
			part := &sb.Message{Body: make([]byte, 1024*1024)}
			if err = batch.AddMessage(part, nil); err != nil {
				break
			}
		}
		check(errors.Is(err, sb.ErrMessageTooLarge), err)
		nothingIn(c.receiver(queue))
	}},
	{"schedule", func(c *conn, queue string) {
		due := time.Now().Add(4 * time.Second)
		some := []*sb.Message{text("en"), text("to")}
		given, err := c.sender(queue).ScheduleMessages(within(wait), some, due, nil)
		must(err)
		seen := look(c.receiver(queue))
		same(len(seen), 2)
		for n, message := range seen {
			same(message.State, sb.MessageStateScheduled)
			same(*message.SequenceNumber, given[n])
		}
		got := take(c.receiver(queue), 2)
		check(!time.Now().Before(due), "not early")
		same(bodies(got), []string{"en", "to"})
		check(got[0].EnqueuedTime.After(due.Add(-time.Second)), got[0].EnqueuedTime)
	}},
	{"schedule_by_property", func(c *conn, queue string) {
		due := time.Now().Add(3 * time.Second)
		c.send(queue, &sb.Message{Body: []byte("senere"), ScheduledEnqueueTime: &due}, "nå")
		same(bodies(take(c.receiver(queue), 1)), []string{"nå"})
		same(bodies(take(c.receiver(queue), 1)), []string{"senere"})
		check(!time.Now().Before(due), "not early")
	}},
	{"schedule_cancel", func(c *conn, queue string) {
		sender := c.sender(queue)
		never, due := []*sb.Message{text("aldri")}, time.Now().Add(time.Hour)
		given, err := sender.ScheduleMessages(within(wait), never, due, nil)
		must(err)
		must(sender.CancelScheduledMessages(within(wait), given, nil))
		nothingIn(c.receiver(queue))
		// An error or silence, and no harm done.
		_ = sender.CancelScheduledMessages(within(wait), []int64{4711}, nil)
		then, due := []*sb.Message{text("så")}, time.Now().Add(time.Second)
		_, err = sender.ScheduleMessages(within(wait), then, due, nil)
		must(err)
		same(bodies(take(c.receiver(queue), 1)), []string{"så"})
	}},
	{"ttl_dead_letter", func(c *conn, queue string) {
		c.send(queue, &sb.Message{Body: []byte("x"), TimeToLive: to.Ptr(time.Second)})
		dead := take(c.dead(queue), 1)[0]
		same(string(dead.Body)+*dead.DeadLetterReason, "xTTLExpiredException")
		nothingIn(c.receiver(queue))
	}},
	{"ttl_drop", func(c *conn, queue string) {
		c.send(queue, &sb.Message{Body: []byte("x"), TimeToLive: to.Ptr(time.Second)}, "y")
		until("gone", func() bool { return len(look(c.receiver(queue))) == 1 })
		same(bodies(take(c.receiver(queue), 1)), []string{"y"})
		nothingIn(c.dead(queue))
	}},
	{"ttl_queue", func(c *conn, queue string) {
		for _, asked := range []*time.Duration{nil, to.Ptr(2 * time.Hour), to.Ptr(time.Minute)} {
			c.send(queue, &sb.Message{Body: []byte("x"), TimeToLive: asked})
			got := take(c.receiver(queue), 1)[0]
			wanted := time.Hour
			if asked != nil {
				wanted = min(*asked, wanted)
			}
			check(got.ExpiresAt != nil, "an end")
			same(got.ExpiresAt.Sub(*got.EnqueuedTime), wanted)
		}
	}},
	{"duplicates", func(c *conn, queue string) {
		sender := c.sender(queue)
		c.send(queue, message("1", "første"), message("1", "igjen"))
		batch, err := sender.NewMessageBatch(within(wait), nil)
		must(err)
		must(batch.AddMessage(message("2", "andre"), nil))
		must(batch.AddMessage(message("1", "i en liste"), nil))
		must(sender.SendMessageBatch(within(wait), batch, nil))
		same(bodies(take(c.receiver(queue), 2)), []string{"første", "andre"})
		c.send(queue, message("1", "etter at den er fullført"))
		planned := []*sb.Message{message("1", "planlagt")}
		_, err = sender.ScheduleMessages(within(wait), planned, time.Now().Add(time.Hour), nil)
		must(err)
		nothingIn(c.receiver(queue))
	}},
	{"duplicates_later", func(c *conn, queue string) {
		c.send(queue, message("1", "x"), message("1", "x"))
		time.Sleep(22 * time.Second)
		c.send(queue, message("1", "x"))
		take(c.receiver(queue), 2)
		nothingIn(c.receiver(queue))
	}},

	// Receiving and settling.
	{"complete", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver := c.receiver(queue)
		got := receive(receiver, 1)[0]
		must(receiver.CompleteMessage(within(wait), got, nil))
		// What it settled itself this client does not ask again, only a bare token.
		bare := &sb.ReceivedMessage{LockToken: got.LockToken}
		refused(sb.CodeLockLost, receiver.CompleteMessage(within(wait), bare, nil))
		nothingIn(c.receiver(queue))
	}},
	{"abandon", func(c *conn, queue string) {
		c.send(queue, "a", "b")
		receiver := c.receiver(queue)
		for count := range 3 {
			got := receive(receiver, 1)[0]
			same(string(got.Body), "a")
			same(got.DeliveryCount, uint32(count+1))
			must(receiver.AbandonMessage(within(wait), got, nil))
		}
		same(bodies(take(receiver, 2)), []string{"a", "b"})
	}},
	{"abandon_changed", func(c *conn, queue string) {
		before := map[string]any{"a": int64(1), "b": "før"}
		c.send(queue, &sb.Message{Body: []byte("x"), ApplicationProperties: before})
		receiver := c.receiver(queue)
		change := map[string]any{"b": "etter", "c": true}
		options := &sb.AbandonMessageOptions{PropertiesToModify: change}
		must(receiver.AbandonMessage(within(wait), receive(receiver, 1)[0], options))
		after := map[string]any{"a": int64(1), "b": "etter", "c": true}
		same(take(receiver, 1)[0].ApplicationProperties, after)
	}},
	{"defer", func(c *conn, queue string) {
		c.send(queue, "x", "y")
		receiver := c.receiver(queue)
		got := receive(receiver, 1)[0]
		must(receiver.DeferMessage(within(wait), got, nil))
		same(bodies(take(c.receiver(queue), 1)), []string{"y"})
		same(look(receiver)[0].State, sb.MessageStateDeferred)
		number := []int64{*got.SequenceNumber}
		again, err := receiver.ReceiveDeferredMessages(within(wait), number, nil)
		must(err)
		same(bodies(again), []string{"x"})
		must(receiver.CompleteMessage(within(wait), again[0], nil))
		_, err = receiver.ReceiveDeferredMessages(within(wait), number, nil)
		check(err != nil, "an error")
		nothingIn(c.receiver(queue))
	}},
	{"defer_settle", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver := c.receiver(queue)
		got := receive(receiver, 1)[0]
		must(receiver.DeferMessage(within(wait), got, nil))
		number := []int64{*got.SequenceNumber}
		again, err := receiver.ReceiveDeferredMessages(within(wait), number, nil)
		must(err)
		must(receiver.AbandonMessage(within(wait), again[0], nil))
		same(look(receiver)[0].State, sb.MessageStateDeferred)
		again, err = receiver.ReceiveDeferredMessages(within(wait), number, nil)
		must(err)
		check(again[0].DeliveryCount >= 2, again[0].DeliveryCount)
		why := &sb.DeadLetterOptions{Reason: to.Ptr("nok")}
		must(receiver.DeadLetterMessage(within(wait), again[0], why))
		same(*take(c.dead(queue), 1)[0].DeadLetterReason, "nok")
		nothingIn(c.receiver(queue))
	}},
	{"dead_letter", func(c *conn, queue string) {
		k := map[string]any{"k": int64(1)}
		c.send(queue, &sb.Message{Body: []byte("x"), ApplicationProperties: k}, "y")
		receiver := c.receiver(queue)
		both := receive(receiver, 2)
		why := &sb.DeadLetterOptions{
			Reason: to.Ptr("grunn"), ErrorDescription: to.Ptr("æøå"),
		}
		must(receiver.DeadLetterMessage(within(wait), both[0], why))
		must(receiver.DeadLetterMessage(within(wait), both[1], nil))
		aside := c.dead(queue)
		same(bodies(look(aside)), []string{"x", "y"})
		must(aside.AbandonMessage(within(wait), receive(aside, 1)[0], nil))
		dead := take(aside, 2)
		same(bodies(dead), []string{"x", "y"})
		same(dead[0].DeliveryCount, 2)
		same(*dead[0].DeadLetterReason+*dead[0].DeadLetterErrorDescription, "grunnæøå")
		check(dead[0].DeadLetterSource != nil, "a source")
		same(strings.ToLower(*dead[0].DeadLetterSource), queue)
		same(dead[0].ApplicationProperties["k"], any(int64(1)))
		nothingIn(c.receiver(queue))
		nothingIn(c.dead(queue))
	}},
	{"dead_letter_changed", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver := c.receiver(queue)
		why := &sb.DeadLetterOptions{
			Reason:             to.Ptr("grunn"),
			PropertiesToModify: map[string]any{"egen": "verdi"},
		}
		must(receiver.DeadLetterMessage(within(wait), receive(receiver, 1)[0], why))
		dead := take(c.dead(queue), 1)[0]
		same(*dead.DeadLetterReason, "grunn")
		same(dead.ApplicationProperties["egen"], any("verdi"))
	}},
	{"dead_letter_any_case", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver := c.receiver(queue)
		must(receiver.DeadLetterMessage(within(wait), receive(receiver, 1)[0], nil))
		same(bodies(take(c.receiver(queue+"/$deadLetterQUEUE"), 1)), []string{"x"})
	}},
	{"delivery_count", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver := c.receiver(queue)
		for count := range 3 {
			got := receive(receiver, 1)[0]
			same(got.DeliveryCount, uint32(count+1))
			must(receiver.AbandonMessage(within(wait), got, nil))
		}
		dead := take(c.dead(queue), 1)[0]
		same(*dead.DeadLetterReason, "MaxDeliveryCountExceeded")
		nothingIn(c.receiver(queue))
	}},
	{"closed_with_buffer", func(c *conn, queue string) {
		for _, n := range numbers(20) {
			c.send(queue, n)
		}
		receiver := c.receiver(queue)
		some, err := receiver.ReceiveMessages(within(wait), 20, nil)
		must(err)
		check(len(some) > 0, "some")
		must(receiver.Close(within(wait)))
		same(sorted(bodies(take(c.receiver(queue), 20))), numbers(20))
	}},
	{"renew", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver := c.receiver(queue)
		got := receive(receiver, 1)[0]
		enough := got.LockedUntil.Add(3 * time.Second)
		for time.Now().Before(enough) {
			before := *got.LockedUntil
			time.Sleep(time.Second)
			must(receiver.RenewMessageLock(within(wait), got, nil))
			check(got.LockedUntil.After(before), got.LockedUntil)
		}
		must(receiver.CompleteMessage(within(wait), got, nil))
		nothingIn(c.receiver(queue))
	}},
	{"lock_expiry", func(c *conn, queue string) {
		c.send(queue, "x")
		receiver, other := c.receiver(queue), c.receiver(queue)
		got := receive(receiver, 1)[0]
		again := receive(other, 1)[0]
		check(!time.Now().Before(*got.LockedUntil), "not before its end")
		same(again.DeliveryCount, 2)
		check(again.LockToken != got.LockToken, "another token")
		refused(sb.CodeLockLost, receiver.CompleteMessage(within(wait), got, nil))
		refused(sb.CodeLockLost, receiver.RenewMessageLock(within(wait), got, nil))
		must(other.CompleteMessage(within(wait), again, nil))
		nothingIn(c.receiver(queue))
	}},
	{"settle_elsewhere", func(c *conn, queue string) {
		c.send(queue, "x", "y", "z")
		receiver := c.receiver(queue)
		got := receive(receiver, 3)
		must(receiver.Close(within(wait)))
		// Their link is gone, so the client asks by request.
		other := c.receiver(queue)
		must(other.CompleteMessage(within(wait), got[0], nil))
		must(other.AbandonMessage(within(wait), got[1], nil))
		why := &sb.DeadLetterOptions{Reason: to.Ptr("grunn")}
		must(other.DeadLetterMessage(within(wait), got[2], why))
		again := take(other, 1)[0]
		same(string(again.Body), "y")
		same(again.DeliveryCount, 2)
		dead := take(c.dead(queue), 1)[0]
		same(string(dead.Body)+*dead.DeadLetterReason, "zgrunn")
	}},
	{"receive_and_delete", func(c *conn, queue string) {
		c.send(queue, "0", "1", "2")
		options := &sb.ReceiverOptions{ReceiveMode: sb.ReceiveModeReceiveAndDelete}
		receiver, err := c.NewReceiverForQueue(queue, options)
		must(err)
		same(bodies(receive(receiver, 3)), numbers(3))
		nothingIn(c.receiver(queue))
	}},
	{"competing", func(c *conn, queue string) {
		for _, n := range numbers(90) {
			c.send(queue, n)
		}
		var lock sync.Mutex
		var got []string
		ctx, enough := context.WithTimeout(context.Background(), wait)
		defer enough()
		together(3, func(int) {
			receiver := c.receiver(queue)
			for {
				some, err := receiver.ReceiveMessages(ctx, 10, nil)
				if err != nil {
					return
				}
				for _, message := range some {
					must(receiver.CompleteMessage(within(wait), message, nil))
					lock.Lock()
					got = append(got, string(message.Body))
					if len(got) == 90 {
						enough()
					}
					lock.Unlock()
				}
			}
		})
		same(sorted(got), numbers(90))
	}},
	{"empty", func(c *conn, queue string) {
		receiver := c.receiver(queue)
		_, err := receiver.ReceiveMessages(within(time.Second), 1, nil)
		check(errors.Is(err, context.DeadlineExceeded), err)
		together(2, func(which int) {
			if which == 0 {
				time.Sleep(time.Second)
				c.send(queue, "endelig")
			} else {
				same(bodies(receive(receiver, 1)), []string{"endelig"})
			}
		})
	}},
	{"peek", func(c *conn, queue string) {
		receiver := c.receiver(queue)
		nothingIn(receiver)
		c.send(queue, "0", "1", "2", "3", "4")
		from := func(number int64, count int) []string {
			options := &sb.PeekMessagesOptions{FromSequenceNumber: &number}
			seen, err := receiver.PeekMessages(within(wait), count, options)
			must(err)
			return bodies(seen)
		}
		same(from(1, 3), []string{"0", "1", "2"})
		same(from(4, 9), []string{"3", "4"})
		same(from(100, 1), []string{})
		same(take(c.receiver(queue), 5)[0].DeliveryCount, 1)
	}},
	{"peek_states", func(c *conn, queue string) {
		c.send(queue, "utsatt", "låst", "ledig")
		planned, due := []*sb.Message{text("x")}, time.Now().Add(time.Hour)
		_, err := c.sender(queue).ScheduleMessages(within(wait), planned, due, nil)
		must(err)
		receiver := c.receiver(queue)
		must(receiver.DeferMessage(within(wait), receive(receiver, 2)[0], nil))
		var states []int
		for _, seen := range look(receiver) {
			states = append(states, int(seen.State))
		}
		same(states, []int{1, 0, 0, 2})
	}},

	// Names, rights, errors.
	{"missing_entity", func(c *conn, queue string) {
		// On a link the client hands the service's own error through.
		missing := func(err error) {
			var known *amqp.Error
			found := errors.As(err, &known) && known.Condition == amqp.ErrCondNotFound
			check(found, fmt.Sprintf("%T %v", err, err))
		}
		missing(c.sender("finnes-ikke").SendMessage(within(wait), text("x"), nil))
		receiver := c.receiver("finnes-ikke")
		_, err := receiver.ReceiveMessages(within(wait), 1, nil)
		missing(err)
		_, err = receiver.PeekMessages(within(wait), 1, nil)
		check(err != nil, "an error")
		c.send(queue, "x")
	}},
	{"names", func(c *conn, queue string) {
		c.send(strings.ToUpper(queue), "x")
		same(bodies(take(c.receiver(queue), 1)), []string{"x"})
		c.send(queue+"/med/skråstrek", "y")
		same(bodies(take(c.receiver(queue+"/Med/Skråstrek"), 1)), []string{"y"})
	}},
	{"wrong_key", func(c *conn, queue string) {
		soon := time.Now().Add(10 * time.Minute)
		for _, wrong := range []string{
			asPolicy("RootManageSharedAccessKey", "feil"),
			asPolicy("Ukjent", "SAS_KEY_VALUE"),
			signature(queue, time.Now().Add(-1000*time.Second)),
			signature("annen", soon),
		} {
			unauthorized(connect(wrong).sender(queue).SendMessage(within(wait), text("x"), nil))
		}
		connect(signature(queue, soon)).send(queue, "godt nok")
	}},
	{"rights", func(c *conn, queue string) {
		sending := connect(asPolicy("SendOnly", "SEND_KEY"))
		sending.send(queue, "x")
		_, err := sending.receiver(queue).ReceiveMessages(within(wait), 1, nil)
		unauthorized(err)
		listening := connect(asPolicy("ListenOnly", "LISTEN_KEY"))
		same(bodies(take(listening.receiver(queue), 1)), []string{"x"})
		unauthorized(listening.sender(queue).SendMessage(within(wait), text("x"), nil))
	}},
	{"sessions", func(c *conn, queue string) {
		c.send(queue, "x")
		_, err := c.AcceptSessionForQueue(within(wait), queue, "s", nil)
		check(err != nil && strings.Contains(strings.ToLower(err.Error()), "session"), err)
		same(bodies(take(c.receiver(queue), 1)), []string{"x"})
	}},

	// Time and faults.
	{"websocket", func(c *conn, queue string) {
		own := overWebSocket()
		body := bytes.Repeat([]byte("æøå"), 200_000)
		own.send(queue, &sb.Message{Body: body})
		check(bytes.Equal(take(own.receiver(queue), 1)[0].Body, body), "the body")
		must(own.Close(within(wait)))
	}},

	// Administration.
	{"admin_create", func(c *conn, queue string) {
		client, name := administer(connection), "admin-create/egen"
		wanted := sbadmin.QueueProperties{
			LockDuration:                        to.Ptr("PT30S"),
			MaxDeliveryCount:                    to.Ptr(int32(5)),
			DefaultMessageTimeToLive:            to.Ptr("P3D"),
			DeadLetteringOnMessageExpiration:    to.Ptr(true),
			RequiresDuplicateDetection:          to.Ptr(true),
			DuplicateDetectionHistoryTimeWindow: to.Ptr("PT5M"),
			MaxSizeInMegabytes:                  to.Ptr(int32(2048)),
			UserMetadata:                        to.Ptr("<æøå> & co"),
		}
		options := &sbadmin.CreateQueueOptions{Properties: &wanted}
		made, err := client.CreateQueue(within(wait), name, options)
		must(err)
		got, err := client.GetQueue(within(wait), name, nil)
		must(err)
		check(got != nil, "the queue")
		for _, seen := range []sbadmin.QueueProperties{made.QueueProperties, got.QueueProperties} {
			same(*seen.LockDuration, "PT30S")
			same(*seen.MaxDeliveryCount, 5)
			same(*seen.DefaultMessageTimeToLive, "P3D")
			check(*seen.DeadLetteringOnMessageExpiration, "dead letters")
			check(*seen.RequiresDuplicateDetection, "duplicates")
			same(*seen.DuplicateDetectionHistoryTimeWindow, "PT5M")
			same(*seen.MaxSizeInMegabytes, 2048)
			same(*seen.UserMetadata, "<æøå> & co")
			check(!*seen.RequiresSession, "no sessions")
		}
		_, err = client.CreateQueue(within(wait), name, nil)
		status(err, http.StatusConflict)
		plainly, err := client.CreateQueue(within(wait), "admin-create-plain", nil)
		must(err)
		same(*plainly.LockDuration, "PT1M")
		same(*plainly.MaxDeliveryCount, 10)
		c.send(name, "x")
		same(bodies(take(c.receiver(name), 1)), []string{"x"})
		_, err = client.DeleteQueue(within(wait), name, nil)
		must(err)
		got, err = client.GetQueue(within(wait), name, nil)
		check(got == nil && err == nil, got, err)
		_, err = client.DeleteQueue(within(wait), name, nil)
		status(err, http.StatusNotFound)
		_, err = client.CreateQueue(within(wait), name, nil)
		must(err)
		nothingIn(c.receiver(name))
	}},
	{"admin_update", func(c *conn, queue string) {
		client := administer(connection)
		seen, err := client.GetQueue(within(wait), queue, nil)
		must(err)
		seen.MaxDeliveryCount, seen.LockDuration = to.Ptr(int32(2)), to.Ptr("PT45S")
		_, err = client.UpdateQueue(within(wait), queue, seen.QueueProperties, nil)
		must(err)
		seen, err = client.GetQueue(within(wait), queue, nil)
		must(err)
		same(*seen.MaxDeliveryCount, 2)
		same(*seen.LockDuration, "PT45S")
		_, err = client.UpdateQueue(within(wait), "finnes-ikke", seen.QueueProperties, nil)
		status(err, http.StatusNotFound)
		c.send(queue, "x")
		receiver := c.receiver(queue)
		for range 2 {
			got := receive(receiver, 1)[0]
			left := got.LockedUntil.Sub(*got.EnqueuedTime)
			check(left > 30*time.Second && left < 59*time.Second, left)
			must(receiver.AbandonMessage(within(wait), got, nil))
		}
		dead := take(c.dead(queue), 1)[0]
		same(*dead.DeadLetterReason, "MaxDeliveryCountExceeded")
	}},
	{"admin_policies", func(c *conn, queue string) {
		client, name, now := administer(connection), "admin-policies-egen", time.Now()
		rule := sbadmin.AuthorizationRule{
			AccessRights: []sbadmin.AccessRight{sbadmin.AccessRightSend},
			KeyName:      to.Ptr("Egen"),
			PrimaryKey:   to.Ptr("første"),
			SecondaryKey: to.Ptr("annen"),
			CreatedTime:  &now,
			ModifiedTime: &now,
		}
		wanted := sbadmin.QueueProperties{
			AuthorizationRules: []sbadmin.AuthorizationRule{rule},
		}
		options := &sbadmin.CreateQueueOptions{Properties: &wanted}
		made, err := client.CreateQueue(within(wait), name, options)
		must(err)
		made.MaxDeliveryCount = to.Ptr(int32(7))
		_, err = client.UpdateQueue(within(wait), name, made.QueueProperties, nil)
		must(err)
		seen, err := client.GetQueue(within(wait), name, nil)
		must(err)
		same(len(seen.AuthorizationRules), 1)
		kept := seen.AuthorizationRules[0]
		same(*kept.KeyName+*kept.PrimaryKey+*kept.SecondaryKey, "Egenførsteannen")
		same(kept.AccessRights, rule.AccessRights)
		for _, key := range []string{"første", "annen"} {
			own := connect(asPolicy("Egen", key))
			own.send(name, "x")
			_, err = own.receiver(name).ReceiveMessages(within(wait), 1, nil)
			unauthorized(err)
			unauthorized(own.sender(queue).SendMessage(within(wait), text("x"), nil))
		}
	}},
	{"admin_counts", func(c *conn, queue string) {
		c.send(queue, "a", "b", "c", "d")
		planned, due := []*sb.Message{text("x")}, time.Now().Add(time.Hour)
		_, err := c.sender(queue).ScheduleMessages(within(wait), planned, due, nil)
		must(err)
		receiver := c.receiver(queue)
		must(receiver.DeadLetterMessage(within(wait), receive(receiver, 1)[0], nil))
		seen, err := administer(connection).GetQueueRuntimeProperties(within(wait), queue, nil)
		must(err)
		same(seen.ActiveMessageCount, 3)
		same(seen.DeadLetterMessageCount, 1)
		same(seen.ScheduledMessageCount, 1)
		same(seen.TotalMessageCount, 5)
		same(seen.TransferMessageCount, 0)
		check(seen.SizeInBytes > 0, seen.SizeInBytes)
		check(time.Since(seen.CreatedAt).Abs() < 5*time.Minute, seen.CreatedAt)
		check(!seen.AccessedAt.Before(seen.CreatedAt), seen.AccessedAt)
	}},
	{"admin_errors", func(c *conn, queue string) {
		client := administer(connection)
		for _, wrong := range []sbadmin.QueueProperties{
			{LockDuration: to.Ptr("PT1H")},
			{LockDuration: to.Ptr("tull")},
			{MaxDeliveryCount: to.Ptr(int32(0))},
		} {
			options := &sbadmin.CreateQueueOptions{Properties: &wrong}
			_, err := client.CreateQueue(within(wait), "feil", options)
			status(err, http.StatusBadRequest)
		}
		for _, wrong := range []string{
			asPolicy("RootManageSharedAccessKey", "feil"),
			asPolicy("SendOnly", "SEND_KEY"),
		} {
			_, err := administer(wrong).GetQueue(within(wait), queue, nil)
			status(err, http.StatusUnauthorized)
		}
	}},
	{"admin_namespace", func(c *conn, queue string) {
		seen, err := administer(connection).GetNamespaceProperties(within(wait), nil)
		must(err)
		check(seen.SKU == "Standard" || seen.SKU == "Premium", seen.SKU)
		check(seen.Name != "", "a name")
	}},
	{"admin_delete_open", func(c *conn, queue string) {
		sender, receiver := c.sender(queue), c.receiver(queue)
		must(sender.SendMessage(within(wait), text("x"), nil))
		receive(receiver, 1)
		_, err := administer(connection).DeleteQueue(within(wait), queue, nil)
		must(err)
		err = sender.SendMessage(within(wait), text("y"), nil)
		check(err != nil && !errors.Is(err, context.DeadlineExceeded), err)
		_, err = receiver.ReceiveMessages(within(wait), 1, nil)
		check(err != nil && !errors.Is(err, context.DeadlineExceeded), err)
	}},
}

// Those that cannot run while others do: they would be in its way, or it in theirs.
var alone = []named{
	{"admin_list", func(c *conn, queue string) {
		client := administer(connection)
		var wanted, found []string
		for n := range 120 {
			name := fmt.Sprintf("admin-list-%03d", n)
			_, err := client.CreateQueue(within(wait), name, nil)
			must(err)
			wanted = append(wanted, name)
		}
		pages := 0
		pager := client.NewListQueuesPager(&sbadmin.ListQueuesOptions{MaxPageSize: 50})
		for pager.More() {
			page, err := pager.NextPage(within(wait))
			must(err)
			check(len(page.Queues) <= 50, len(page.Queues))
			pages++
			for _, seen := range page.Queues {
				if strings.HasPrefix(seen.QueueName, "admin-list-") {
					found = append(found, seen.QueueName)
				}
			}
		}
		check(pages > 2, pages)
		same(found, wanted)
		for _, name := range wanted {
			_, err := client.DeleteQueue(within(wait), name, nil)
			must(err)
		}
	}},
	{"restart", restartCase},
}

func restartCase(c *conn, queue string) {
	sender, receiver := c.sender(queue), c.receiver(queue)
	for _, words := range []string{"a", "b", "utsatt", "død", "ferdig"} {
		must(sender.SendMessage(within(wait), message(words, words), nil))
	}
	planned := []*sb.Message{message("senere", "senere")}
	later, err := sender.ScheduleMessages(within(wait), planned, time.Now().Add(time.Hour), nil)
	must(err)
	got := receive(receiver, 5)
	must(receiver.DeferMessage(within(wait), got[2], nil))
	why := &sb.DeadLetterOptions{Reason: to.Ptr("grunn")}
	must(receiver.DeadLetterMessage(within(wait), got[3], why))
	must(receiver.CompleteMessage(within(wait), got[4], nil))
	must(receiver.AbandonMessage(within(wait), got[0], nil)) // b stays locked

	restart()

	until("the sender finds back", func() bool {
		return sender.SendMessage(within(wait), message("etter", "etter"), nil) == nil
	})
	// Known, and dropped.
	must(sender.SendMessage(within(wait), message("ferdig", "ferdig"), nil))
	var again []*sb.ReceivedMessage
	until("the receiver finds back", func() bool {
		some, err := receiver.ReceiveMessages(within(10*time.Second), 3-len(again), nil)
		again = append(again, some...)
		return err == nil && len(again) == 3
	})
	same(bodies(again), []string{"a", "b", "etter"})
	same(again[0].DeliveryCount, 2)
	for _, message := range again {
		must(receiver.CompleteMessage(within(wait), message, nil))
	}
	number := []int64{*got[2].SequenceNumber}
	deferred, err := receiver.ReceiveDeferredMessages(within(wait), number, nil)
	must(err)
	same(bodies(deferred), []string{"utsatt"})
	must(receiver.CompleteMessage(within(wait), deferred[0], nil))
	same(*look(receiver)[0].SequenceNumber, later[0])
	must(sender.CancelScheduledMessages(within(wait), later, nil))
	same(*take(c.dead(queue), 1)[0].DeadLetterReason, "grunn")
	nothingIn(c.receiver(queue))
}

func message(id, words string) *sb.Message {
	return &sb.Message{Body: []byte(words), MessageID: &id}
}

func sorted(words []string) []string {
	sort.Slice(words, func(a, b int) bool {
		left, _ := strconv.Atoi(words[a])
		right, _ := strconv.Atoi(words[b])
		return left < right
	})
	return words
}

// unauthorized expects the client's error for that, or the service's own on a link.
func unauthorized(err error) {
	var known *amqp.Error
	if errors.As(err, &known) && known.Condition == amqp.ErrCondUnauthorizedAccess {
		return
	}
	refused(sb.CodeUnauthorizedAccess, err)
}

func status(err error, wanted int) {
	var known *azcore.ResponseError
	if !errors.As(err, &known) || known.StatusCode != wanted {
		fail("wanted %d, got %T: %v", wanted, err, err)
	}
}
