import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends processes once the process that started this one has ended, in whatever way: standard input is a pipe from there, and
 * the system closes it also when that process is killed. Each line of it is the id of a process.
 */
public final class Guard {
    private static final int SECONDS_TO_STOP = 30;

    private Guard() {}

    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        List<ProcessHandle> guarded = new ArrayList<>();
        BufferedReader ids = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String id = ids.readLine(); id != null; id = ids.readLine()) {
            ProcessHandle.of(Long.parseLong(id)).ifPresent(guarded::add);
        }
        guarded.forEach(ProcessHandle::destroy);
        for (ProcessHandle process : guarded) {
            try {
                process.onExit().get(SECONDS_TO_STOP, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                process.destroyForcibly();
            }
        }
    }
}
