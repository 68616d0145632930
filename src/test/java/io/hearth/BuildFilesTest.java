package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** The service and the simulator are two builds without a parent, and use the same tools all the same. */
class BuildFilesTest {
    private static final Set<String> TOOLS_OF_THE_COMPILER =
            Set.of("error_prone_core", "nullaway", "palantirJavaFormat");

    @Test
    void toolsOfBothBuilds_haveOneVersionEach() throws Exception {
        Map<String, Set<String>> versions = new TreeMap<>();
        addVersions(Path.of("pom.xml"), versions);
        addVersions(Path.of("device-simulator", "pom.xml"), versions);

        assertThat(versions.keySet())
                .contains("maven-compiler-plugin", "exec-maven-plugin")
                .containsAll(TOOLS_OF_THE_COMPILER);
        assertThat(versions).allSatisfy((tool, all) -> assertThat(all).as(tool).hasSize(1));
    }

    private static void addVersions(Path pom, Map<String, Set<String>> versions) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
        NodeList elements = document.getElementsByTagName("version");
        for (int i = 0; i < elements.getLength(); i++) {
            Element owner = (Element) elements.item(i).getParentNode();
            String tool = owner.getTagName().equals("palantirJavaFormat")
                    ? owner.getTagName()
                    : childText(owner, "artifactId");
            if (owner.getTagName().equals("plugin") || TOOLS_OF_THE_COMPILER.contains(tool)) {
                String version = elements.item(i).getTextContent();
                if (version.startsWith("${")) {
                    version = document.getElementsByTagName(version.substring(2, version.length() - 1))
                            .item(0)
                            .getTextContent();
                }
                versions.computeIfAbsent(tool, name -> new TreeSet<>()).add(version);
            }
        }
    }

    private static String childText(Element parent, String name) {
        for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child.getNodeName().equals(name)) {
                return child.getTextContent();
            }
        }
        return "";
    }
}
