package io.hearth.rest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.FieldInfo;
import org.jboss.jandex.IndexView;
import org.jspecify.annotations.Nullable;

/** Says in the OpenAPI document which fields of answers may be null: those that the code says it of, and no list of its own. */
final class NullableFields {
    private static final DotName SCHEMA =
            DotName.createSimple(org.eclipse.microprofile.openapi.annotations.media.Schema.class);
    private static final DotName NULLABLE = DotName.createSimple(Nullable.class);
    private static final String PACKAGE = "io.hearth.rest";

    private NullableFields() {}

    /** Adds null to the types of fields in {@code schemas} whose class in {@code index} has them nullable. */
    static void describe(Map<String, Schema> schemas, IndexView index) {
        for (ClassInfo type : index.getKnownClasses()) {
            Schema schema = type.name().toString().startsWith(PACKAGE) ? schemas.get(nameOf(type)) : null;
            if (schema != null && schema.getProperties() != null) {
                for (FieldInfo field : type.fields()) {
                    Schema property = schema.getProperties().get(field.name());
                    if (property != null && field.type().hasAnnotation(NULLABLE)) {
                        schema.addProperty(field.name(), orNull(property));
                    }
                }
            }
        }
    }

    private static String nameOf(ClassInfo type) {
        AnnotationInstance schema = type.declaredAnnotation(SCHEMA);
        return schema == null || schema.value("name") == null
                ? type.simpleName()
                : schema.value("name").asString();
    }

    private static Schema orNull(Schema schema) {
        List<Schema.SchemaType> types = schema.getType();
        if (types == null) {
            return OASFactory.createSchema()
                    .addAnyOf(schema)
                    .addAnyOf(OASFactory.createSchema().type(List.of(Schema.SchemaType.NULL)));
        }
        List<Schema.SchemaType> withNull = new ArrayList<>(types);
        if (!withNull.contains(Schema.SchemaType.NULL)) {
            withNull.add(Schema.SchemaType.NULL);
        }
        return schema.type(withNull);
    }
}
