/**
 * The table on the DynamoDB API: Amazon DynamoDB, or ScyllaDB Alternator. Several processes may use one table. The only
 * importer of the AWS SDK.
 */
@NullMarked
package io.hearth.table.dynamodb;

import org.jspecify.annotations.NullMarked;
