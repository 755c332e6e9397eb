import ca.uhn.fhir.context.FhirContext;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hl7.fhir.r4.model.Bundle;

/** Parses one file of Bundles for each number that it is told, and says how many a second of processor time. */
class Parsing {
    public static void main(String[] folder) throws Exception {
        var parser = FhirContext.forR4().newJsonParser();
        var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        for (var line : Files.readAllLines(Path.of(folder[0], "0.ndjson"))) { // compiled before it is measured
            for (int again = 0; again < 3; again++) parser.parseResource(Bundle.class, line);
        }
        var told = new BufferedReader(new InputStreamReader(System.in));
        for (String number = told.readLine(); number != null; number = told.readLine()) {
            var bundles = Files.readAllLines(Path.of(folder[0], number + ".ndjson"));
            long begun = machine.getProcessCpuTime();
            for (var bundle : bundles) parser.parseResource(Bundle.class, bundle);
            System.out.println(bundles.size() * 1e9 / (machine.getProcessCpuTime() - begun));
        }
    }
}
