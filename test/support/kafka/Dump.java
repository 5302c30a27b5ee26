import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Prints every record of a topic, read by Kafka's own consumer: Dump BROKERS TOPIC. One line a record, fields separated
 * by a space: partition offset timestamp key value headers. reader.ts knows how a field is written.
 */
public final class Dump {
  private static final int HEX_BYTES_MAX = 64;
  private static final HexFormat HEX = HexFormat.of();

  private final MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
  private final StringBuilder line = new StringBuilder();

  private Dump() throws Exception {}

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", arguments[0]);
    properties.put("check.crcs", "true");
    properties.put("enable.auto.commit", "false");
    properties.put("fetch.max.wait.ms", "10");
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 18), false, StandardCharsets.US_ASCII);
    ByteArrayDeserializer plain = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, plain, plain)) {
      new Dump().print(consumer, arguments[1], out);
    }
    out.flush();
  }

  private void print(KafkaConsumer<byte[], byte[]> consumer, String topic, PrintStream out) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream().map(info -> new TopicPartition(topic, info.partition())).toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) out.append(format(record));
    }
  }

  private StringBuilder format(ConsumerRecord<byte[], byte[]> record) {
    line.setLength(0);
    line.append(record.partition()).append(' ').append(record.offset()).append(' ').append(record.timestamp());
    field(record.key());
    field(record.value());
    line.append(' ');
    for (Header header : record.headers()) {
      line.append(HEX.formatHex(header.key().getBytes(StandardCharsets.UTF_8))).append('=');
      bytes(header.value());
      line.append(';');
    }
    return line.append('\n');
  }

  private void field(byte[] value) {
    line.append(' ');
    bytes(value);
  }

  private void bytes(byte[] value) {
    if (value == null) line.append('-');
    else if (value.length <= HEX_BYTES_MAX) line.append('x').append(HEX.formatHex(value));
    else line.append(value.length).append(':').append(HEX.formatHex(sha256.digest(value)));
  }
}
