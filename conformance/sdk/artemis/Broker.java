import java.io.File;
import java.util.Set;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager;

/**
 * Apache Artemis at a port of this machine, on a folder, for one user. Dead letters go to DLQ, as
 * its own command `create` has it. The password is the first line of its input; it ends with that.
 */
public final class Broker {
  public static void main(String[] args) throws Exception {
    var input = new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
    EmbeddedActiveMQ server = new EmbeddedActiveMQ();
    server.setConfiguration(configuration(args[0], new File(args[1])));
    server.setSecurityManager(new One(args[2], input.readLine()));
    server.start();
    System.out.println("ready");
    while (input.readLine() != null) {}
    Runtime.getRuntime().halt(0);
  }

  private static Configuration configuration(String port, File folder) throws Exception {
    Configuration all = new ConfigurationImpl();
    all.setBrokerInstance(folder);
    all.setJournalType(JournalType.NIO);
    all.setJournalFileSize(1024 * 1024);
    all.setMaxDiskUsage(100);
    all.addAcceptorConfiguration("amqp", "tcp://127.0.0.1:" + port + "?protocols=AMQP");
    AddressSettings usual = new AddressSettings();
    usual.setDeadLetterAddress(SimpleString.of("DLQ"));
    all.addAddressSetting("#", usual);
    CoreAddressConfiguration aside = new CoreAddressConfiguration();
    aside.setName("DLQ").addRoutingType(RoutingType.ANYCAST);
    aside.addQueueConfig(QueueConfiguration.of("DLQ").setRoutingType(RoutingType.ANYCAST));
    all.addAddressConfiguration(aside);
    Role role = new Role("all", true, true, true, true, true, true, true, true, true, true);
    all.putSecurityRoles("#", Set.of(role));
    return all;
  }

  /** Knows one user, who may do everything. */
  private record One(String name, String password) implements ActiveMQSecurityManager {
    @Override
    public boolean validateUser(String user, String word) {
      return name.equals(user) && password.equals(word);
    }

    @Override
    public boolean validateUserAndRole(
        String user, String word, Set<Role> roles, CheckType check) {
      return validateUser(user, word);
    }
  }
}
