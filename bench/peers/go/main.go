// franz-go doing the job of the end-to-end benchmark. Arguments are NAME=VALUE as bench/end-to-end/job.ts names them;
// the last line of standard output is the figures as JSON.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const payloads = 4096

var (
	job    = map[string]string{}
	values [payloads][]byte
	keys   [payloads][]byte
)

func main() {
	for _, argument := range os.Args[1:] {
		name, value, _ := strings.Cut(argument, "=")
		job[name] = value
	}
	makePayloads(number("valueBytes"), number("keyBytes"))
	client := open()
	defer client.Close()
	rate, messages := number("rate"), number("messages")
	send(client, number("warmUp"), rate)
	before, startedAt := cpuSeconds(), time.Now()
	latencies := send(client, messages, rate)
	report(time.Since(startedAt).Seconds(), cpuSeconds()-before, latencies)
}

func open() *kgo.Client {
	options := []kgo.Opt{
		kgo.SeedBrokers(job["broker"]),
		kgo.DefaultProduceTopic(job["topic"]),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(time.Duration(number("lingerMs")) * time.Millisecond),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerBatchMaxBytes(131072),
	}
	if job["idempotence"] == "false" {
		options = append(options, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(5))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func makePayloads(valueBytes, keyBytes int) {
	random := rand.New(rand.NewSource(1))
	for index := range values {
		values[index] = make([]byte, valueBytes)
		for at := range values[index] {
			values[index][at] = byte(' ' + random.Intn(95))
		}
		if keyBytes > 0 {
			keys[index] = []byte(fmt.Sprintf("%0*d", keyBytes, index))
		}
	}
}

// send floods when rate is 0; else it keeps the rate and returns the milliseconds from call to acknowledgement.
func send(client *kgo.Client, messages, rate int) []float64 {
	var acknowledged sync.WaitGroup
	acknowledged.Add(messages)
	var latencies []float64
	if rate > 0 {
		latencies = make([]float64, messages)
	}
	startedAt := time.Now()
	for index := 0; index < messages; index++ {
		if rate > 0 {
			time.Sleep(time.Until(startedAt.Add(time.Duration(index) * time.Second / time.Duration(rate))))
		}
		record := &kgo.Record{Key: keys[index%payloads], Value: values[index%payloads]}
		at, calledAt := index, time.Now()
		client.Produce(context.Background(), record, func(_ *kgo.Record, err error) {
			if err != nil {
				log.Fatal(err)
			}
			if latencies != nil {
				latencies[at] = float64(time.Since(calledAt).Nanoseconds()) / 1e6
			}
			acknowledged.Done()
		})
	}
	acknowledged.Wait()
	sort.Float64s(latencies)
	return latencies
}

func report(seconds, cpu float64, latencies []float64) {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	text := ""
	if len(latencies) > 0 {
		at := func(share float64) float64 {
			return latencies[min(len(latencies)-1, int(float64(len(latencies))*share))]
		}
		text = fmt.Sprintf(`,"p50":%.3f,"p99":%.3f,"p999":%.3f`, at(0.5), at(0.99), at(0.999))
	}
	fmt.Printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"maxRssMegabytes\":%.1f%s}\n", seconds, cpu,
		float64(usage.Maxrss)/1024, text)
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func number(name string) int {
	value, err := strconv.Atoi(job[name])
	if err != nil {
		log.Fatal(name, ": ", err)
	}
	return value
}
