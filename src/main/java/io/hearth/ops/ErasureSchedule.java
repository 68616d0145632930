package io.hearth.ops;

import io.hearth.erasure.DeviceEraser;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Has everything of a device erased also where the erasure comes from the last process or another region. */
@Singleton
class ErasureSchedule {
    /** Makes the eraser, which has to listen before erasures of the last process are finished. */
    void start(@Observes @Priority(2) StartupEvent startup, DeviceEraser eraser) {
        eraser.listen();
    }
}
