// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// rdma_provider() installs NAME.driver; a provider that does so too is told, and one that
// installs another file there is refused for what that would do.
func TestInstallOfDriverFile(t *testing.T) {
	const again = "warning: CMakeLists.txt:6: want no install() of fly.driver, got one: rdma_provider() and rdma_shared_provider() already install it"
	for name, tt := range map[string]struct {
		install, content string
		want             string
	}{
		"the same":            {`install(FILES fly.driver DESTINATION "${CONFIG_DIR}")`, "driver fly\n", again},
		"of the source":       {`install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/fly.driver" DESTINATION ${CONFIG_DIR}/)`, "driver fly", again},
		"as CMake has it":     {`install(FILES fly.driver DESTINATION "${CMAKE_INSTALL_SYSCONFDIR}/libibverbs.d")`, "driver fly\n", again},
		"by another name":     {`install(FILES sub/x DESTINATION "${CONFIG_DIR}" RENAME fly.driver)`, "driver fly\n", again},
		"one that CMake made": {`install(FILES "${CMAKE_CURRENT_BINARY_DIR}/fly.driver" DESTINATION "${CONFIG_DIR}")`, "", again},
		"with other words":    {`install(FILES fly.driver DESTINATION "${CONFIG_DIR}")`, "driver /opt/fly\n", `CMakeLists.txt:6: want "driver fly" in fly.driver…got "driver /opt/fly"`},
		"one that is missing": {`install(FILES fly.driver DESTINATION "${CONFIG_DIR}")`, "", "CMakeLists.txt:6: want the file fly.driver"},
		"another's":           {`install(FILES sub/x DESTINATION "${CONFIG_DIR}")`, "driver x\n", `CMakeLists.txt:6: want fly.driver as the only file in libibverbs.d…got "x"`},
		"another by name":     {`install(FILES fly.driver DESTINATION "${CONFIG_DIR}" RENAME bee.driver)`, "driver fly\n", `CMakeLists.txt:6: want fly.driver as the only file…got "bee.driver"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := providertest.Fly(t, map[string]string{cmake.FileName: providertest.CMake + tt.install + "\n", "fly.driver": tt.content, "sub/x": tt.content})
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckCMake), tt.want)
		})
	}
}
