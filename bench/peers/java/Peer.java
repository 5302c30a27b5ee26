import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The Java producer doing the job of the end-to-end benchmark. Arguments are NAME=VALUE as bench/end-to-end/job.ts
 * names them; the last line of standard output is the figures as JSON.
 */
public class Peer {
  static final int PAYLOADS = 4096;
  static final AtomicReference<Exception> failure = new AtomicReference<>();
  static byte[][] values;
  static byte[][] keys;

  public static void main(String[] arguments) throws Exception {
    Properties job = new Properties();
    for (String argument : arguments) job.put(argument.split("=", 2)[0], argument.split("=", 2)[1]);
    makePayloads(number(job, "valueBytes"), number(job, "keyBytes"));
    try (KafkaProducer<byte[], byte[]> producer = open(job)) {
      String topic = job.getProperty("topic");
      boolean isPaced = number(job, "rate") > 0;
      if (isPaced) pace(producer, topic, number(job, "warmUp"), number(job, "rate"), new double[number(job, "warmUp")]);
      else flood(producer, topic, number(job, "warmUp"));
      int messages = number(job, "messages");
      double[] latencies = new double[isPaced ? messages : 0];
      double cpuBefore = cpuSeconds();
      long startedAt = System.nanoTime();
      if (isPaced) pace(producer, topic, messages, number(job, "rate"), latencies);
      else flood(producer, topic, messages);
      double seconds = (System.nanoTime() - startedAt) / 1e9;
      report(seconds, cpuSeconds() - cpuBefore, latencies);
    }
  }

  static KafkaProducer<byte[], byte[]> open(Properties job) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", job.getProperty("broker"));
    properties.put("acks", "all");
    properties.put("enable.idempotence", job.getProperty("idempotence"));
    properties.put("linger.ms", job.getProperty("lingerMs"));
    properties.put("batch.size", "131072");
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  static void makePayloads(int valueBytes, int keyBytes) {
    Random random = new Random(1);
    values = new byte[PAYLOADS][valueBytes];
    keys = new byte[PAYLOADS][];
    for (int index = 0; index < PAYLOADS; index++) {
      for (int at = 0; at < valueBytes; at++) values[index][at] = (byte) (' ' + random.nextInt(95));
      if (keyBytes > 0) keys[index] = String.format("%0" + keyBytes + "d", index).getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** As fast as the producer's own buffer lets us; every message has its callback. */
  static void flood(KafkaProducer<byte[], byte[]> producer, String topic, int messages) throws Exception {
    Semaphore acknowledged = new Semaphore(0);
    for (int index = 0; index < messages; index++) {
      producer.send(record(topic, index), (metadata, error) -> {
        if (error != null) failure.set(error);
        acknowledged.release();
      });
    }
    acknowledged.acquire(messages);
    if (failure.get() != null) throw failure.get();
  }

  static void pace(KafkaProducer<byte[], byte[]> producer, String topic, int messages, int rate, double[] latencies)
      throws Exception {
    Semaphore acknowledged = new Semaphore(0);
    long startedAt = System.nanoTime();
    for (int index = 0; index < messages; index++) {
      long dueAt = startedAt + index * 1_000_000_000L / rate;
      for (long now = System.nanoTime(); now < dueAt; now = System.nanoTime()) LockSupport.parkNanos(dueAt - now);
      int at = index;
      long calledAt = System.nanoTime();
      producer.send(record(topic, index), (metadata, error) -> {
        latencies[at] = (System.nanoTime() - calledAt) / 1e6;
        if (error != null) failure.set(error);
        acknowledged.release();
      });
    }
    acknowledged.acquire(messages);
    if (failure.get() != null) throw failure.get();
  }

  static ProducerRecord<byte[], byte[]> record(String topic, int index) {
    return new ProducerRecord<>(topic, keys[index % PAYLOADS], values[index % PAYLOADS]);
  }

  static void report(double seconds, double cpuSeconds, double[] latencies) throws Exception {
    long rss = Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst().orElse(0);
    Arrays.sort(latencies);
    String text = "";
    if (latencies.length > 0) {
      text = String.format(",\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f", at(latencies, 0.5), at(latencies, 0.99),
          at(latencies, 0.999));
    }
    System.out.printf("{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"maxRssMegabytes\":%.1f%s}%n", seconds, cpuSeconds,
        rss / 1024.0, text);
  }

  static double at(double[] sorted, double share) {
    return sorted[Math.min(sorted.length - 1, (int) (sorted.length * share))];
  }

  static double cpuSeconds() {
    var system = (com.sun.management.OperatingSystemMXBean)
        java.lang.management.ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  static int number(Properties job, String name) {
    return Integer.parseInt(job.getProperty(name));
  }
}
