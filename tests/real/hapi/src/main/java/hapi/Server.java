package hapi;

import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * One HAPI FHIR R4 server on the loopback interface, in memory, until it is stopped.
 *
 * <p>Arguments: the port (0: a free one) and the milliseconds between a change and its notification. Says
 * {@code ready ADDRESS} when it takes requests.
 */
public final class Server {

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        long notifyEvery = Long.parseLong(arguments[1]);

        AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext();
        beans.registerBean(Pace.class, () -> new Pace(notifyEvery));
        beans.register(Storage.class, Batches.class);
        beans.refresh();
        beans.getBean(Batches.class).keepGoing();

        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("hapi-").toString());
        tomcat.setSilent(true);
        Connector loopback = new Connector();
        loopback.setProperty("address", "127.0.0.1");
        loopback.setPort(port);
        tomcat.setConnector(loopback);
        Context everything = tomcat.addContext("", null);
        Tomcat.addServlet(everything, "fhir", new Endpoint(beans)).setLoadOnStartup(1);
        everything.addServletMappingDecoded("/fhir/*", "fhir");
        tomcat.start();

        System.out.println("ready http://127.0.0.1:" + loopback.getLocalPort() + "/fhir");
        tomcat.getServer().await();
    }

    /** How often changed resources are matched with the Subscriptions. */
    record Pace(long milliseconds) {}

    private Server() {}
}
