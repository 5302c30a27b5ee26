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

/**
 * Lines of schema, tab, value: in Avro's JSON form, or encoded, as "hex:" and the bytes. For each, what Apache Avro
 * writes for it, as hex.
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
        out.println(HexFormat.of().formatHex(encode(data, new Schema.Parser().parse(parts[0]), parts[1])));
      } catch (Exception refused) {
        out.println("refused: " + refused.toString().replace('\n', ' '));
      }
    }
    out.flush();
  }

  private static byte[] encode(GenericData data, Schema schema, String json) throws Exception {
    GenericDatumReader<Object> reader = new GenericDatumReader<>(schema, schema, data);
    Object value;
    if (json.startsWith("hex:")) {
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(HexFormat.of().parseHex(json, 4, json.length()), null);
      value = reader.read(null, decoder);
      if (!decoder.isEnd()) throw new IllegalArgumentException("bytes are left");
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
