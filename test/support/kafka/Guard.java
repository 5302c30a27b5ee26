import java.io.IOException;
import java.util.Arrays;

/**
 * Runs another main class and ends the JVM as soon as standard input ends: however the test process dies, the operating
 * system closes its end of the pipe, so no broker is left behind.
 */
public final class Guard {
  public static void main(String[] arguments) throws Exception {
    Thread watch = new Thread(Guard::haltAtEndOfInput, "end-of-input");
    watch.setDaemon(true);
    watch.start();
    String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
    Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
  }

  private static void haltAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException closed) {
      // The same as the end.
    }
    Runtime.getRuntime().halt(143);
  }
}
