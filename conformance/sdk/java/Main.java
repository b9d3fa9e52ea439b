import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The official Java client: the cases of ../cases.toml that it can express.
 *
 * <p>Usage: java Main CONNECTION_STRING ADMIN_URL CA_FILE|- [CASE…]
 *
 * <p>Prints one JSON line a case: {"case": …, "ok": …, "seconds": …, "reason": …}. A line
 * {"restart": true} asks whoever started this to kill the broker, start it again, and
 * answer with a line. SDK_HTTPS in the environment says where web sockets are taken, as
 * host:port, and SDK_CA by whose signature.
 */
final class Main {
    private static final int AT_ONCE = 8;

    public static void main(String[] args) throws Exception {
        Client.connection = args[0];
        Client.admin = args[1];
        Client.authority = args[2];
        Client.host = args[0].split("sb://")[1].split(";")[0];
        Client.trust(System.getenv("SDK_CA"));
        List<String> wanted = Arrays.asList(args).subList(3, args.length);
        ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
        for (Class<?> group : List.of(Sending.class, Receiving.class, Outside.class)) {
            for (Method one : cases(group, wanted)) {
                pool.execute(() -> run(one));
            }
        }
        pool.shutdown();
        pool.awaitTermination(10, TimeUnit.MINUTES);
        for (Method one : cases(Alone.class, wanted)) {
            run(one);
        }
        System.exit(0);
    }

    private static List<Method> cases(Class<?> group, List<String> wanted) {
        return Arrays.stream(group.getDeclaredMethods())
            .filter(m -> !m.isSynthetic() && Arrays.equals(
                m.getParameterTypes(), new Class<?>[] {Client.class, String.class}))
            .filter(m -> wanted.isEmpty() || wanted.contains(m.getName()))
            .sorted(Comparator.comparing(Method::getName))
            .toList();
    }

    private static void run(Method one) {
        long begun = System.nanoTime();
        String reason = null;
        try (Client client = new Client(Client.connection)) {
            one.invoke(null, client, one.getName());
        } catch (InvocationTargetException failed) {
            reason = reason(failed.getCause());
        } catch (Exception error) {
            reason = reason(error);
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        String words = reason == null ? "" : ", \"reason\": \"" + reason + "\"";
        say(String.format(java.util.Locale.ROOT,
            "{\"case\": \"%s\", \"ok\": %s, \"seconds\": %.1f%s}",
            one.getName(), reason == null, seconds, words));
    }

    private static String reason(Throwable error) {
        List<String> own = List.of("Sending", "Receiving", "Outside", "Alone");
        String where = Arrays.stream(error.getStackTrace())
            .filter(frame -> own.contains(frame.getClassName()))
            .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
            .findFirst().orElse("?");
        String words = (where + ": " + error).replaceAll("[\\s\\\\\"\\p{Cntrl}]+", " ");
        return words.substring(0, Math.min(words.length(), 300));
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    static void restart() throws Exception {
        say("{\"restart\": true}");
        new BufferedReader(new InputStreamReader(System.in)).readLine();
    }
}
