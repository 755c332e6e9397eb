package hapi;

import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.api.IReductionStepExecutorService;
import jakarta.annotation.PreDestroy;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Takes batch jobs to their next step often. HAPI itself does so once a minute, for each of the five steps of a bulk
 * export; nobody waits for that in a test. The jobs, their steps and their answers are HAPI's own.
 */
class Batches {

    private static final long EVERY = 200;

    private final IJobMaintenanceService jobs;
    private final IReductionStepExecutorService reports;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    Batches(IJobMaintenanceService jobs, IReductionStepExecutorService reports) {
        this.jobs = jobs;
        this.reports = reports;
    }

    void keepGoing() {
        clock.scheduleWithFixedDelay(this::onward, EVERY, EVERY, TimeUnit.MILLISECONDS);
    }

    private void onward() {
        try {
            jobs.runMaintenancePass();
            reports.reducerPass();
        } catch (RuntimeException busy) {
            // a step that is being taken by HAPI's own clock just now; the next pass sees what is left
        }
    }

    @PreDestroy
    void stop() {
        clock.shutdownNow();
    }
}
