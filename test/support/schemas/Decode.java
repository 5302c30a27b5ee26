import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Messages of Protobuf in Confluent's wire format, read by Google's Java library: Decode DESCRIPTORS FILE, where FILE
 * names the .proto whose messages the indexes count. A line of hex in, `id message json` out for each.
 */
public final class Decode {
  public static void main(String[] arguments) throws Exception {
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(arguments[0])));
    FileDescriptor file = built(set, arguments[1], new HashMap<>());
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(decoded(HexFormat.of().parseHex(line), file));
    }
  }

  private static FileDescriptor built(FileDescriptorSet set, String name, Map<String, FileDescriptor> known)
      throws Exception {
    FileDescriptor before = known.get(name);
    if (before != null) return before;
    FileDescriptorProto proto =
        set.getFileList().stream().filter(one -> one.getName().equals(name)).findFirst().orElseThrow();
    List<FileDescriptor> dependencies = new ArrayList<>();
    for (String dependency : proto.getDependencyList()) dependencies.add(built(set, dependency, known));
    FileDescriptor file = FileDescriptor.buildFrom(proto, dependencies.toArray(new FileDescriptor[0]));
    known.put(name, file);
    return file;
  }

  private static String decoded(byte[] bytes, FileDescriptor file) throws Exception {
    ByteBuffer front = ByteBuffer.wrap(bytes);
    if (front.get() != 0) throw new IllegalArgumentException("no magic byte 0");
    int id = front.getInt();
    CodedInputStream in = CodedInputStream.newInstance(bytes, front.position(), bytes.length - front.position());
    int count = in.readSInt32();
    Descriptor message = null;
    // No index at all stands for the first message.
    for (int step = 0; step < Math.max(1, count); step++) {
      int index = count == 0 ? 0 : in.readSInt32();
      message = declared(message == null ? file.getMessageTypes() : message.getNestedTypes()).get(index);
    }
    DynamicMessage value = DynamicMessage.parseFrom(message, in, ExtensionRegistry.getEmptyRegistry());
    if (!value.getUnknownFields().asMap().isEmpty()) throw new IllegalArgumentException("unknown fields");
    String json = JsonFormat.printer().omittingInsignificantWhitespace().print(value);
    return id + " " + message.getFullName() + " " + json;
  }

  /** As a .proto text has them: without the entries of maps. */
  private static List<Descriptor> declared(List<Descriptor> messages) {
    return messages.stream().filter(one -> !one.getOptions().getMapEntry()).toList();
  }
}
