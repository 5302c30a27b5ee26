/*
 * librdkafka doing the job of the end-to-end benchmark. Arguments are NAME=VALUE as bench/end-to-end/job.ts names them;
 * the last line of standard output is the figures as JSON.
 */
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PAYLOADS 4096

static char *values[PAYLOADS], *keys[PAYLOADS];
static int value_bytes, key_bytes, argument_count;
static char **arguments;
static double *latencies;
static volatile long acknowledged;

static const char *text(const char *name) {
  size_t length = strlen(name);
  for (int i = 1; i < argument_count; i++)
    if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=') return arguments[i] + length + 1;
  fprintf(stderr, "%s is missing\n", name);
  exit(2);
}

static int number(const char *name) { return atoi(text(name)); }

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void make_payloads(void) {
  value_bytes = number("valueBytes");
  key_bytes = number("keyBytes");
  for (int i = 0; i < PAYLOADS; i++) {
    values[i] = malloc(value_bytes);
    for (int at = 0; at < value_bytes; at++) values[i][at] = ' ' + rand() % 95;
    keys[i] = malloc(key_bytes + 1);
    snprintf(keys[i], key_bytes + 1, "%0*d", key_bytes, i);
  }
}

/* The opaque is the message's index plus one when latencies are taken; its start is kept where its latency will be. */
static void reported(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
  (void)client;
  (void)opaque;
  if (message->err) {
    fprintf(stderr, "%s\n", rd_kafka_err2str(message->err));
    exit(1);
  }
  if (message->_private) {
    long index = (long)message->_private - 1;
    latencies[index] = (now_seconds() - latencies[index]) * 1e3;
  }
  acknowledged++;
}

static rd_kafka_t *open_client(void) {
  char error[512];
  rd_kafka_conf_t *settings = rd_kafka_conf_new();
  const char *pairs[][2] = {{"bootstrap.servers", text("broker")},
                            {"linger.ms", text("lingerMs")},
                            {"batch.size", "131072"},
                            {"enable.idempotence", text("idempotence")},
                            {"acks", "all"}};
  for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
    if (rd_kafka_conf_set(settings, pairs[i][0], pairs[i][1], error, sizeof(error)) != RD_KAFKA_CONF_OK) {
      fprintf(stderr, "%s\n", error);
      exit(2);
    }
  rd_kafka_conf_set_dr_msg_cb(settings, reported);
  return rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof(error));
}

/* Reports are polled by a thread of their own, or a paced sender would learn of them only when it sends again. */
static void *poll_reports(void *client) {
  for (;;) rd_kafka_poll(client, 100);
  return NULL;
}

static void wait_until(double due) {
  double left = due - now_seconds();
  if (left <= 0) return;
  struct timespec pause = {(time_t)left, (long)((left - (time_t)left) * 1e9)};
  nanosleep(&pause, NULL);
}

static void send_messages(rd_kafka_t *client, rd_kafka_topic_t *topic, int messages, int rate) {
  double started = now_seconds();
  acknowledged = 0;
  for (int i = 0; i < messages; i++) {
    if (rate > 0) {
      wait_until(started + (double)i / rate);
      latencies[i] = now_seconds();
    }
    void *opaque = rate > 0 ? (void *)(long)(i + 1) : NULL;
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, values[i % PAYLOADS], value_bytes,
                            key_bytes ? keys[i % PAYLOADS] : NULL, key_bytes, opaque)) {
      struct timespec pause = {0, 1000000};
      nanosleep(&pause, NULL);
    }
  }
  struct timespec pause = {0, 500000};
  while (acknowledged < messages) nanosleep(&pause, NULL);
}

static int compare(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return difference < 0 ? -1 : difference > 0;
}

int main(int count, char **given) {
  argument_count = count;
  arguments = given;
  make_payloads();
  int messages = number("messages"), warm_up = number("warmUp"), rate = number("rate");
  latencies = calloc(messages > warm_up ? messages : warm_up, sizeof(double));
  rd_kafka_t *client = open_client();
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, text("topic"), NULL);
  pthread_t poller;
  pthread_create(&poller, NULL, poll_reports, client);
  send_messages(client, topic, warm_up, rate);
  double cpu = cpu_seconds(), started = now_seconds();
  send_messages(client, topic, messages, rate);
  double seconds = now_seconds() - started;
  cpu = cpu_seconds() - cpu;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"maxRssMegabytes\":%.1f", seconds, cpu, usage.ru_maxrss / 1024.0);
  if (rate > 0) {
    qsort(latencies, messages, sizeof(double), compare);
    printf(",\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f", latencies[messages / 2], latencies[(int)(messages * 0.99)],
           latencies[(int)(messages * 0.999)]);
  }
  printf("}\n");
  return 0;
}
