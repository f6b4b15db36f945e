# What a build with -DCPU_ONLY=OFF adds. Included by CMakeLists.txt: it takes sources away from `cxx_sources` and sets
# `cuda_sources`, `cuda_includes` and `cuda_libraries`. A file of its own, so that a change here builds no CPU prefix anew.
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 17)
file(GLOB_RECURSE cuda_sources CONFIGURE_DEPENDS "${CAFFE_SOURCE}/src/caffe/*.cu")
list(FILTER cuda_sources EXCLUDE REGEX "/src/caffe/test/")
# layers that this source has no working GPU code for; none is in Caffe 1.0
set(no_gpu_code "/(proposal|hardsigmoid|hardswish|maxunpool|pixelshuffle|relu6|upsample)_layer\\.c")
list(FILTER cxx_sources EXCLUDE REGEX "${no_gpu_code}")
list(FILTER cuda_sources EXCLUDE REGEX "${no_gpu_code}")

find_package(CUDAToolkit REQUIRED)
# a wheel's library has its version in its name and no plain name beside it
list(TRANSFORM CUDA_WHEELS APPEND "/include" OUTPUT_VARIABLE wheel_includes)
list(TRANSFORM CUDA_WHEELS APPEND "/lib" OUTPUT_VARIABLE wheel_libraries)
find_path(CUBLAS_INCLUDE_DIR cublas_v2.h HINTS ${CUDAToolkit_INCLUDE_DIRS} PATHS ${wheel_includes})
find_path(CURAND_INCLUDE_DIR curand.h HINTS ${CUDAToolkit_INCLUDE_DIRS} PATHS ${wheel_includes})
find_library(CUBLAS_LIBRARY NAMES cublas libcublas.so.${CUDAToolkit_VERSION_MAJOR}
             HINTS ${CUDAToolkit_LIBRARY_DIR} PATHS ${wheel_libraries})
find_library(CURAND_LIBRARY NAMES curand libcurand.so.10
             HINTS ${CUDAToolkit_LIBRARY_DIR} PATHS ${wheel_libraries})
foreach(found CUBLAS_INCLUDE_DIR CUBLAS_LIBRARY CURAND_INCLUDE_DIR CURAND_LIBRARY)
  if(NOT ${found})
    message(FATAL_ERROR "the CUDA toolkit in ${CUDAToolkit_BIN_DIR} is without cuBLAS or cuRAND (${found}), and so is this "
                        "Python environment: pip install nvidia-cublas nvidia-curand")
  endif()
endforeach()
set(cuda_includes ${CUDAToolkit_INCLUDE_DIRS} ${CUBLAS_INCLUDE_DIR} ${CURAND_INCLUDE_DIR})
set(cuda_libraries CUDA::cudart ${CUBLAS_LIBRARY} ${CURAND_LIBRARY})
