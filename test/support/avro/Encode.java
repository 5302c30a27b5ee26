import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;

/**
 * Lines of schema, tab, value: in Avro's JSON form, or encoded, as "hex:" and the bytes. For each, what Apache Avro
 * writes for it, as hex; for encoded ones with "show:" before the bytes, as Avro's JSON.
 */
public final class Encode {
  /** Maps keep their order, so that their bytes can be compared. */
  private static final class Ordered extends GenericData {
    @Override
    public Object newMap(Object old, int size) {
      return new LinkedHashMap<Object, Object>();
    }
  }

  public static void main(String[] arguments) throws Exception {
    GenericData data = new Ordered();
    data.setFastReaderEnabled(false);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split("\t", 2);
      try {
        Schema schema = new Schema.Parser().parse(parts[0]);
        out.println(
            parts[1].startsWith("show:")
                ? show(data, schema, parts[1].substring(5))
                : HexFormat.of().formatHex(encode(data, schema, parts[1])));
      } catch (Exception refused) {
        out.println("refused: " + refused.toString().replace('\n', ' '));
      }
    }
    out.flush();
  }

  private static Object decode(GenericDatumReader<Object> reader, String hex) throws Exception {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(HexFormat.of().parseHex(hex), null);
    Object value = reader.read(null, decoder);
    if (!decoder.isEnd()) throw new IllegalArgumentException("bytes are left");
    return value;
  }

  private static String show(GenericData data, Schema schema, String hex) throws Exception {
    Object value = decode(new GenericDatumReader<>(schema, schema, data), hex);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonEncoder encoder = EncoderFactory.get().jsonEncoder(schema, bytes, false);
    new GenericDatumWriter<Object>(schema, data).write(value, encoder);
    encoder.flush();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static byte[] encode(GenericData data, Schema schema, String json) throws Exception {
    GenericDatumReader<Object> reader = new GenericDatumReader<>(schema, schema, data);
    Object value;
    if (json.startsWith("hex:")) {
      value = decode(reader, json.substring(4));
    } else {
      value = reader.read(null, DecoderFactory.get().jsonDecoder(schema, json));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<Object>(schema, data).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }
}
